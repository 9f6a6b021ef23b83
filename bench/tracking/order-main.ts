import { fill, points, versions } from "./fill.ts";
import { load } from "./load.ts";
import type { Order } from "./orders.ts";
import { transfer } from "./transfer.ts";
import { walk } from "./walk.ts";

// A process of its own: `node order-main.ts` reads an order on its standard input, does it, and prints its figures as JSON.
let text = "";
for await (const part of process.stdin.setEncoding("utf8")) text += String(part);

function obey(order: Order): Promise<object> {
  switch (order.kind) {
    case "load":
      return load(order);
    case "walk":
      return walk(order);
    case "fill":
      return fill(order);
    case "points":
      return points(order);
    case "versions":
      return versions(order);
    default:
      return transfer(order);
  }
}

process.stdout.write(JSON.stringify(await obey(JSON.parse(text) as Order)));
