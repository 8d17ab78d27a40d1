// Draws a swarm: dots on a sunflower spiral, one for each neighbour. Pure geometry, as SVG path data.

const goldenAngle = Math.PI * (3 - Math.sqrt(5));

/** `count` dots in a circle of radius `radius` around the origin, in SVG user units. */
export function swarmPath(count: number, radius: number, dot: number): string {
  const shown = Math.min(Math.max(0, Math.floor(count)), 400);
  let path = "";
  for (let index = 0; index < shown; index++) {
    const distance = (radius - dot) * Math.sqrt((index + 0.5) / shown);
    const x = distance * Math.cos(index * goldenAngle);
    const y = distance * Math.sin(index * goldenAngle);
    path += `M${(x - dot).toFixed(1)} ${y.toFixed(1)}a${dot} ${dot} 0 1 0 ${dot * 2} 0a${dot} ${dot} 0 1 0 ${-dot * 2} 0`;
  }
  return path;
}
