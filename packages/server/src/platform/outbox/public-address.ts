import { BlockList, isIP } from "node:net";

/** What is not somebody else's machine on the Internet (IANA's special-purpose registries). */
const special4 = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const;
/** Within 2000::/3, outside of which nothing is public. */
const special6 = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["3fff::", 20],
] as const;

const private4 = new BlockList();
for (const [net, prefix] of special4) private4.addSubnet(net, prefix, "ipv4");
const private6 = new BlockList();
for (const [net, prefix] of special6) private6.addSubnet(net, prefix, "ipv6");
const global6 = new BlockList();
global6.addSubnet("2000::", 3, "ipv6");

/** Whether an address is a public one; what wraps an IPv4 address (mapped, 6to4, NAT64) is as public as that is. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !private4.check(address, "ipv4");
  if (family !== 6) return false;
  const words = toWords(address.replace(/%.*$/, ""));
  const inner = embedded(words);
  if (inner !== null) return !private4.check(inner, "ipv4");
  const text = words.map((word) => word.toString(16)).join(":");
  return global6.check(text, "ipv6") && !private6.check(text, "ipv6");
}

function embedded(words: readonly number[]): string | null {
  const starts = (...head: number[]) => head.every((word, i) => words[i] === word);
  if (starts(0, 0, 0, 0, 0, 0xffff) || starts(0x64, 0xff9b, 0, 0, 0, 0)) return toIpv4(words[6], words[7]);
  return starts(0x2002) ? toIpv4(words[1], words[2]) : null;
}

function toIpv4(high = 0, low = 0): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** The eight words of an IPv6 address that `isIP` has found to be one. */
function toWords(address: string): readonly number[] {
  const plain = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...quad: string[]) => {
    const [a, b, c, d] = quad.slice(0, 4).map(Number) as [number, number, number, number];
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = "", tail] = plain.split("::");
  const parse = (part: string) => (part === "" ? [] : part.split(":").map((word) => Number.parseInt(word, 16)));
  const [left, right] = [parse(head), parse(tail ?? "")];
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}
