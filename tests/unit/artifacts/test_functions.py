"""In which function of a source a place is."""

from __future__ import annotations

import pytest

from watchkeeper.artifacts.functions import FunctionIndex

MODULE = """\
import { boom } from "./boom";  // doesn't matter
const limit = 3 / 2, half = /[/"'{]+/g.test("x") ? 1 : 0;
export function pay(cart: Cart): Promise<{ ok: boolean }> { MARK01 }
export const refund = async (id: string): Promise<void> => { MARK02 };
const total = (items) => items.map((item) => item.price MARK03);
class Checkout<T> extends Base {
  private count = 0;
  static #secret = () => { MARK04 };
  constructor(private api: Api) { super(); MARK05 }
  async submit<K>(form: Form): Promise<K> { if (form) { MARK06 } }
  get state() { return `a ${() => { MARK07 }} b`; }
  #hidden() { MARK08 }
}
Checkout.prototype.close = function () { MARK09 };
module.exports.late = function named() { MARK10 };
const api = { load() { MARK11 }, save: function () { MARK12 }, "del-ete": () => { MARK13 } };
const onClick = useCallback(async () => { MARK14 }, []);
export default function () { MARK15 }
button.addEventListener("click", () => { MARK16 });
const View = (): JSX.Element => <p>it's {list.map(x => MARK17)}</p>;
if (limit) { MARK18 }
for (const x of y) { MARK19 }
const later: Handler<string> = (x) => { MARK20 };
window.handler = event => { MARK21 };
MARK22
"""

NAMES = {
    1: "pay",
    2: "refund",
    3: "<anonymous>",
    4: "secret",
    5: "new Checkout",
    6: "Checkout.submit",
    7: "<anonymous>",
    8: "Checkout.hidden",
    9: "Checkout.close",
    10: "named",
    11: "load",
    12: "save",
    13: "del-ete",
    14: "onClick",
    15: "default",
    16: "<anonymous>",
    17: "<anonymous>",
    18: "",
    19: "",
    20: "later",
    21: "handler",
    22: "",
}


@pytest.mark.parametrize("number", sorted(NAMES))
def test_a_place_is_in_the_innermost_function_around_it(number: int) -> None:
    before = MODULE[: MODULE.index(f"MARK{number:02}")]
    line, column = before.count("\n"), len(before) - before.rfind("\n") - 1

    assert FunctionIndex(MODULE).name_at(line, column) == NAMES[number]


def test_a_minified_bundle_is_read_too() -> None:
    source = '(()=>{function e(t){return t.x/2}var n=e=>e/2;class r{a(){return/}/.test("{")}}})();'

    index = FunctionIndex(source)

    assert index.name_at(0, source.index("t.x")) == "e"
    assert index.name_at(0, source.index("e/2")) == "n"
    assert index.name_at(0, source.index(".test")) == "r.a"


@pytest.mark.parametrize(
    "source",
    [
        "",
        "`${`${",
        "}}}}",
        "((((",
        "function",
        "class",
        "=>",
        "a=>",
        "'",
        "/*",
        "function(){",
        "`" * 5,
    ],
)
def test_a_source_that_breaks_off_is_read_as_far_as_it_goes(source: str) -> None:
    index = FunctionIndex(source)

    assert isinstance(index.name_at(0, len(source)), str)
    assert index.name_at(7, 0) == ""
