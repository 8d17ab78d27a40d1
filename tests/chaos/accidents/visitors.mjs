// Visitors who ask too much, listen too little or never finish a sentence.

import { deaf, flood, halfRequests, storm } from "../guests.mjs";

const visit = (name, says, come) => ({
  name, says, touches: ["visitors"], holdMs: [2_000, 3_000], kind: name,
  inject: async (world, chance) => {
    const guests = await come(world, chance);
    world.borrowed.add(guests);
    return guests;
  },
  heal: async (_, guests) => guests.close(),
});

export const visitorAccidents = [
  visit("flood", "twenty sockets ask 400 times a second, each within its allowance", (world) => flood(world.port, { count: 20, perSecond: 400 })),
  visit("deaf-sockets", "fifty sockets ask for long answers and read none", (world) => deaf(world.port, { count: 50, asks: 8 })),
  visit("slow-headers", "two hundred HTTP requests whose headers come a letter at a time", (world) => halfRequests(world.port, { count: 200, text: "GET / HTTP/1.1\r\nHost: cineswarm\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" })),
  visit("half-results", "a hundred gRPC connections that never say what they want", (world) => halfRequests(world.grpcPort, { count: 100, text: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" })),
  visit("half-handshakes", "a hundred MQTT connections that never say who they are", (world) => halfRequests(world.broker.port, { count: 100, text: "\x10\x40\x00\x04MQTT" })),
  visit("visitors-come-and-go", "thirty browsers connect and vanish, again and again", async (world) => storm(world.port, { count: 30 })),
];
