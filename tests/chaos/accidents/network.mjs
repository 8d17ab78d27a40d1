// What networks do to each connection of the farm.

import { LEASE_MS, WORKERS } from "../world.mjs";

const LINKS = [
  { link: "master-broker", between: "the master and the broker", of: (world) => world.brokerOf.master },
  { link: "worker-broker", between: "a worker and the broker", of: (world, chance) => world.brokerOf[chance.of(WORKERS)] },
  { link: "grpc", between: "the workers and the master (gRPC)", of: (world) => world.grpc },
  { link: "browsers", between: "the browsers and the master", of: (world) => world.web },
  { link: "postgres", between: "the master and PostgreSQL", of: (world) => world.database.proxy, on: "postgres" },
];

const FAULTS = [
  { fault: "cut", says: "every connection is reset", begin: (proxy) => proxy.cut(), holdMs: [0, 0] },
  { fault: "refused", says: "connections are reset and new ones refused", begin: (proxy) => { proxy.suffer({ refused: true }); proxy.cut(); } },
  { fault: "delayed", says: "every byte comes 150 ms late", begin: (proxy) => proxy.suffer({ delayMs: 150 }) },
  { fault: "throttled", says: "40 KB pass in a second", begin: (proxy) => proxy.suffer({ bytesPerSecond: 40_000 }) },
  { fault: "half-closed", says: "the connecting side is told that nothing more comes, while what it sends still arrives", begin: (proxy) => proxy.halfClose(), holdMs: [0, 0] },
  { fault: "blackholed", says: "nothing arrives either way, and nobody is told", begin: (proxy) => proxy.suffer({ swallowed: ["toServer", "toClient"] }), holdMs: [1_000, 4_000] },
  { fault: "blackholed-there", says: "what the connecting side sends does not arrive", begin: (proxy) => proxy.suffer({ swallowed: ["toServer"] }), holdMs: [1_000, 4_000] },
  { fault: "blackholed-back", says: "what the connecting side should hear does not arrive", begin: (proxy) => proxy.suffer({ swallowed: ["toClient"] }), holdMs: [1_000, 4_000] },
];

export const networkAccidents = [
  ...LINKS.flatMap(({ link, between, of, on }) => FAULTS.map(({ fault, says, begin, holdMs }) => ({
    name: `${link}-${fault}`, says: `between ${between}: ${says}`, touches: [`${link} link`], kind: `link ${fault}`, on, ...(holdMs && { holdMs }),
    inject: async (world, chance) => {
      const proxy = of(world, chance);
      begin(proxy);
      return proxy;
    },
    heal: async (_, proxy) => proxy.heal(),
  }))),
  { name: "gray-worker", says: "a worker whose results do not reach the master, while all its words do", touches: ["worker", "grpc link"], holdMs: [6_000, 8_000], kind: "gray worker", withinMs: 2 * LEASE_MS,
    inject: async (world, chance) => {
      const { pid } = world.workers.get(chance.of(WORKERS)).child;
      world.grpc.suffer({ swallowed: ["toServer", "toClient"], concerns: (pair) => pair.isOf(pid) });
    },
    heal: async (world) => world.grpc.heal() },
];
