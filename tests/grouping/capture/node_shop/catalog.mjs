const prices = { "sku-1": { amount: 100 } };

export function priceOf(sku) {
  return prices[sku].amount;
}

export function parse(text) {
  return JSON.parse(text);
}

export const cheapest = (skus) => skus.map((sku) => prices[sku].amount).sort()[0];

export function tree(node) {
  return node.children.map((child) => tree(child));
}

export class Basket {
  constructor(lines) {
    this.lines = lines;
  }

  total() {
    return this.lines.reduce((sum, line) => sum + line.price.amount, 0);
  }

  get first() {
    return this.lines[0].price.amount;
  }
}
