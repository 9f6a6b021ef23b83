"""The numbers of packages/statistics/src/testing/made-up.ts, to the last bit."""

import math

MASK = 0xFFFFFFFF


def mulberry(seed):
    state = seed & MASK

    def imul(a, b):
        return (a * b) & MASK

    def draw():
        nonlocal state
        state = (state + 0x6D2B79F5) & MASK
        t = imul(state ^ (state >> 15), state | 1)
        t ^= (t + imul(t ^ (t >> 7), t | 61)) & MASK
        return ((t ^ (t >> 14)) & MASK) / 0x100000000

    return draw


def sample(n, seed, shift=0.0, scale=1.0, levels=0):
    draw = mulberry(seed)
    values = []
    for _ in range(n):
        total = -6.0
        for _ in range(12):
            total += draw()
        value = shift + scale * total
        values.append(math.floor(value * levels + 0.5) / levels if levels > 0 else value)
    return values


def spec(n, seed, shift=0.0, scale=1.0, levels=0):
    return {"n": n, "seed": seed, "shift": shift, "scale": scale, "levels": levels}
