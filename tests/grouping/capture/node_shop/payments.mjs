export class PaymentDeclined extends Error {
  constructor(message) {
    super(message);
    this.name = "PaymentDeclined";
  }
}

export function charge(card) {
  if (card.balance < 10) {
    throw new PaymentDeclined(`card ${card.id} has insufficient funds`);
  }
  if (card.expired) {
    throw new PaymentDeclined(`card ${card.id} is expired`);
  }
}

export async function stock(sku) {
  const answer = await fetch(`http://127.0.0.1:9/stock/${sku}`);
  return answer.json();
}

export async function invoice(id) {
  try {
    charge({ id, balance: 1 });
  } catch (cause) {
    throw new Error(`invoice ${id} failed`, { cause });
  }
}

export function later(id) {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error(`job ${id} timed out after ${id} ms`)), 1);
  });
}

export function locale(user) {
  return new Intl.NumberFormat(user.locale).format(1);
}
