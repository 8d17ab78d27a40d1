// Chance from a seed, so that a round can be had again (mulberry32, public domain).

export class Chance {
  constructor(seed) {
    this.state = seed | 0;
    // Neighbouring seeds give unlike numbers only after a few steps.
    for (let step = 0; step < 4; step += 1) this.next();
  }

  /** From 0 to below 1. */
  next() {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  between(low, high) {
    return low + this.next() * (high - low);
  }

  whole(low, high) {
    return Math.floor(this.between(low, high + 1));
  }

  of(list) {
    return list[Math.floor(this.next() * list.length)];
  }
}
