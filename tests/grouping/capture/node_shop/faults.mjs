import { Basket, cheapest, parse, priceOf, tree } from "./catalog.mjs";
import { charge, invoice, later, locale, stock } from "./payments.mjs";

export const faults = {
  no_price: (n) => priceOf(`sku-${n + 1000}`),
  bad_json: (n) => parse(`{${"x".repeat((n % 5) + 1)}`),
  no_cheapest: (n) => cheapest([`none-${n}`]),
  no_children: (n) => tree({ children: [{ children: [{ leaf: n }] }] }),
  no_line_price: (n) => new Basket([{ id: n }]).total(),
  no_first_line: () => new Basket([]).first,
  no_funds: (n) => charge({ id: n + 4000, balance: 1 }),
  expired_card: (n) => charge({ id: n + 4000, balance: 50, expired: true }),
  stock_down: (n) => stock(`sku-${n}`),
  invoice_failed: (n) => invoice(n + 7000),
  job_late: (n) => later(n),
  bad_locale: (n) => locale({ locale: `xx_${n}` }),
  thrown_text: (n) => {
    throw `order ${n} is gone`;
  },
  thrown_object: (n) => {
    throw { code: n, reason: "closed" };
  },
};
