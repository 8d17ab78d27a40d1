// Draws a swarm: dots on a sunflower spiral, one for each neighbour. Pure geometry, as SVG path data.

const goldenAngle = Math.PI * (3 - Math.sqrt(5));
const mostDots = 400;

export interface Swarm {
  count: number;
  /** Of the whole swarm around the origin, in SVG user units. */
  radius: number;
  /** Radius of one dot. */
  dot: number;
  /** Draws only one arm of the spiral out of `of`; a Fibonacci number of arms shows as curves. */
  arm?: { index: number; of: number };
}

export function swarmPath({ count, radius, dot, arm = { index: 0, of: 1 } }: Swarm): string {
  const shown = Math.min(Math.max(0, Math.floor(count)), mostDots);
  let path = "";
  for (let index = arm.index; index < shown; index += arm.of) {
    const distance = (radius - dot) * Math.sqrt((index + 0.5) / shown);
    const x = distance * Math.cos(index * goldenAngle);
    const y = distance * Math.sin(index * goldenAngle);
    path += `M${(x - dot).toFixed(1)} ${y.toFixed(1)}a${dot} ${dot} 0 1 0 ${dot * 2} 0a${dot} ${dot} 0 1 0 ${-dot * 2} 0`;
  }
  return path;
}
