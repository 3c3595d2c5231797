"""Stacks of each language as its developers expect to read them."""

from __future__ import annotations

from typing import Any

import pytest

from watchkeeper.issues.frames import Relation, stacks_of


def event(platform: str, *frames: dict[str, Any], **exception: Any) -> dict[str, Any]:
    one = {"type": "Boom", "value": "it broke", "stacktrace": {"frames": list(frames)}}
    return {"platform": platform, "exception": {"values": [one | exception]}}


def frame_of(platform: str, **fields: Any) -> Any:
    return stacks_of(event(platform, fields)).exceptions[0].frames[0]


def test_python_shows_the_most_recent_call_last_and_everybody_else_first() -> None:
    frames = ({"function": "outer", "lineno": 1}, {"function": "inner", "lineno": 2})

    in_python = stacks_of(event("python", *frames))
    in_java = stacks_of(event("java", *frames))

    assert [one.function for one in in_python.exceptions[0].frames] == ["outer", "inner"]
    assert [one.function for one in in_java.exceptions[0].frames] == ["inner", "outer"]
    assert (in_python.is_newest_first, in_java.is_newest_first) == (False, True)


@pytest.mark.parametrize(
    ("platform", "fields", "is_own"),
    [
        ("python", {"abs_path": "/app/shop/cart.py", "module": "shop.cart"}, True),
        ("python", {"abs_path": "/v/lib/python3.12/site-packages/flask/app.py"}, False),
        ("python", {"abs_path": "/usr/lib/python3.11/json/decoder.py"}, False),
        ("python", {"filename": "<frozen importlib._bootstrap>"}, False),
        ("node", {"filename": "/app/src/cart.js"}, True),
        ("node", {"filename": "node:internal/process/task_queues"}, False),
        ("node", {"filename": "/app/node_modules/express/lib/router.js"}, False),
        ("javascript", {"filename": "https://shop.example/static/main.js"}, True),
        ("javascript", {"filename": "chrome-extension://abc/content.js"}, False),
        ("javascript", {"function": "forEach"}, False),
        ("java", {"module": "com.acme.shop.Cart"}, True),
        ("java", {"module": "org.springframework.web.Dispatcher"}, False),
        ("java", {"module": "java.util.ArrayList"}, False),
        ("java", {"module": "kotlinx.coroutines.BuildersKt"}, False),
        ("go", {"module": "main", "abs_path": "/src/shop/main.go"}, True),
        ("go", {"module": "github.com/acme/shop", "abs_path": "/src/shop/cart.go"}, True),
        ("go", {"module": "net/http", "abs_path": "/usr/local/go/src/net/http/server.go"}, False),
        ("go", {"module": "x.io/y", "abs_path": "/go/pkg/mod/x.io/y@v1.2/y.go"}, False),
        ("go", {"module": "shop/cart", "abs_path": "/home/me/shop/cart/cart.go"}, True),
        ("go", {"module": "go.opentelemetry.io/otel/sdk/trace", "abs_path": "/b/span.go"}, False),
        ("ruby", {"abs_path": "/app/models/cart.rb"}, True),
        ("ruby", {"abs_path": "/usr/lib/ruby/gems/3.2.0/gems/rails-7.1/lib/x.rb"}, False),
        ("php", {"abs_path": "/var/www/src/Cart.php"}, True),
        ("php", {"abs_path": "/var/www/vendor/symfony/http-kernel/Kernel.php"}, False),
        ("csharp", {"module": "Acme.Shop.Cart"}, True),
        ("csharp", {"module": "System.Collections.Generic.List`1"}, False),
        ("csharp", {"module": "Microsoft.AspNetCore.Mvc.Controller"}, False),
        ("native", {"function": "main", "package": "/app/bin/shop"}, True),
        ("native", {"function": "abort", "package": "/usr/lib/x86_64-linux-gnu/libc.so.6"}, False),
        ("native", {"package": "/opt/shop/lib/libsentry.so"}, False),
        ("native", {"package": "/opt/shop/lib/libsentryless.so"}, True),
    ],
)  # fmt: skip
def test_own_code_is_told_from_libraries_where_the_sdk_did_not(
    platform: str, fields: dict[str, Any], is_own: bool
) -> None:
    assert frame_of(platform, **fields).is_in_app is is_own


def test_what_the_sdk_says_of_a_frame_holds() -> None:
    assert frame_of("java", module="java.util.List", in_app=True).is_in_app
    assert not frame_of("python", abs_path="/app/cart.py", in_app=False).is_in_app


@pytest.mark.parametrize(
    ("platform", "module", "sent", "shown"),
    [
        ("javascript", "", "Object.onClick", "onClick"),
        ("javascript", "", "async Cart.pay", "async Cart.pay"),
        ("javascript", "", "Cart.pay [as handler]", "Cart.pay"),
        ("javascript", "", "./src/cart.js", "<anonymous>"),
        ("javascript", "", "__webpack_require__", "<anonymous>"),
        ("javascript", "", "?", "<anonymous>"),
        ("node", "", "Object.<anonymous>", "<anonymous>"),
        ("node", "", "new Cart", "new Cart"),
        ("java", "com.acme.Cart", "lambda$pay$0", "pay (lambda)"),
        ("java", "com.acme.CartKt", "access$total", "total"),
        ("java", "com.acme.Cart$pay$1", "invokeSuspend", "pay (coroutine)"),
        ("java", "com.acme.Cart", "<init>", "<init>"),
        ("go", "main", "(*Cart).Pay", "(*Cart).Pay"),
        ("php", "", "Acme\\Cart::{closure}", "Acme\\Cart (closure)"),
        ("php", "", "{closure:Acme\\Cart::pay():12}", "Acme\\Cart::pay() (closure)"),
        ("php", "", "class@anonymous\x00/var/www/x.php:3$0", "class@anonymous"),
        ("csharp", "Acme.Cart+<PayAsync>d__12", "MoveNext", "PayAsync"),
        ("csharp", "Acme.Cart+<>c__DisplayClass3_0", "<Pay>b__0", "Pay (lambda)"),
        ("csharp", "Acme.Cart", "<Pay>g__Check|3_0", "Pay.Check"),
        ("csharp", "Acme.Cart", "async Task<List<Item>> Cart.PayAsync(int id)", "PayAsync"),
        ("csharp", "Acme.Cart", "void Cart.Pay()+(Item i) => { }", "Pay (lambda)"),
        ("csharp", "Acme.Cart", "void Cart.Pay()+Check(int n)", "Pay.Check"),
        ("csharp", "Program", "static async Task Program.<Main>$(string[] args)", "Main"),
        ("csharp", "Acme.Cart", "new Acme.Cart(int id)", "Acme.Cart"),
        ("csharp", "System.ThrowHelper", "ThrowHelper.Throw", "Throw"),
        ("csharp", "Acme.Cart", "Cart..ctor", ".ctor"),
        ("elixir", "Elixir.Shop.Cart", "Shop.Cart.total/1", "total/1"),
        ("elixir", "erlang", ":erlang.+/2", "+/2"),
        ("elixir", "A", "anonymous fn/1 in A.total/1", "anonymous fn/1 in A.total/1"),
        ("cocoa", "", "$s4Shop4CartC5totalSiyF", "Shop.Cart.total"),
        ("cocoa", "", "$s4Shop4CartV4LineO5price4fromSiSS_tF", "Shop.Cart.Line.price"),
        ("cocoa", "", "$s4Shop5totalSiyF", "Shop.total"),
        ("cocoa", "", "$s4Shop0A4CartC5totalyyF", "$s4Shop0A4CartC5totalyyF"),
        ("cocoa", "", "-[Cart total]", "-[Cart total]"),
        ("native", "", "_ZN4acme4Cart3payEi", "acme::Cart::pay"),
        ("native", "", "_ZN4acme4CartC2Ev", "acme::Cart::Cart"),
        ("native", "", "_ZN4shop4cart3pay17h0123456789abcdefE", "shop::cart::pay"),
        ("native", "", "main", "main"),
        ("python", "", "<lambda>", "<lambda>"),
    ],
)  # fmt: skip
def test_functions_carry_the_names_that_people_gave_them(
    platform: str, module: str, sent: str, shown: str
) -> None:
    frame = frame_of(platform, function=sent, module=module)

    assert frame.function == shown
    assert frame.raw_function == sent


def test_classes_lose_what_a_compiler_or_framework_added() -> None:
    async_state = frame_of("csharp", module="Acme.Cart+<PayAsync>d__12", function="MoveNext")
    proxied = frame_of("java", module="com.acme.Cart$$SpringCGLIB$$0", function="pay")
    generic = frame_of("csharp", module="Acme.Box`2", function="Open")

    assert async_state.module == "Acme.Cart"
    assert proxied.module == "com.acme.Cart"
    assert generic.module == "Acme.Box<T1, T2>"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("https://shop.example/static/js/main.js?v=3", "/static/js/main.js"),
        ("webpack:///./src/cart.ts", "src/cart.ts"),
        ("webpack-internal:///(app-pages-browser)/./app/page.tsx", "app/page.tsx"),
        ("app:///dist/index.js", "/dist/index.js"),
        ("../../src/cart.ts", "../../src/cart.ts"),
    ],
)
def test_addresses_of_scripts_become_paths(sent: str, shown: str) -> None:
    assert frame_of("javascript", filename=sent).filename == shown


def test_context_lines_are_numbered_around_the_call() -> None:
    frame = frame_of(
        "python",
        lineno=10,
        pre_context=["def pay():", "    total = 0"],
        context_line="    raise Boom",
        post_context=["", "x = 1"],
        vars={"total": "0"},
    )

    assert [(one.lineno, one.text) for one in frame.context] == [
        (8, "def pay():"),
        (9, "    total = 0"),
        (10, "    raise Boom"),
        (11, ""),
        (12, "x = 1"),
    ]
    assert frame.vars == {"total": "0"}


def chain(platform: str, source: str) -> dict[str, Any]:
    cause = {
        "type": "KeyError",
        "value": "'id'",
        "mechanism": {"type": "chained", "exception_id": 1, "parent_id": 0, "source": source},
        "stacktrace": {"frames": [{"function": "load", "abs_path": "/app/a.py", "lineno": 3}]},
    }
    outer = {
        "type": "PayError",
        "value": "no cart",
        "module": "shop.errors",
        "mechanism": {"type": "generic", "exception_id": 0, "handled": False},
        "stacktrace": {"frames": [{"function": "pay", "abs_path": "/app/b.py", "lineno": 9}]},
    }
    return {"platform": platform, "exception": {"values": [cause, outer]}}


def test_causes_stand_where_the_platform_prints_them() -> None:
    python, java = stacks_of(chain("python", "__cause__")), stacks_of(chain("java", "cause"))

    assert [one.type for one in python.exceptions] == ["KeyError", "PayError"]
    assert [one.type for one in java.exceptions] == ["PayError", "KeyError"]
    assert [(one.depth, one.relation) for one in java.exceptions] == [
        (0, Relation.NONE),
        (1, Relation.CAUSE),
    ]
    assert java.exceptions[0].is_handled is False


def test_a_chain_without_ids_hangs_each_cause_on_what_it_led_to() -> None:
    values = [{"type": "A"}, {"type": "B"}, {"type": "C"}]

    shown = stacks_of({"platform": "node", "exception": {"values": values}}).exceptions

    assert [(one.type, one.depth) for one in shown] == [("C", 0), ("B", 1), ("A", 2)]


def test_members_of_a_group_hang_on_their_group() -> None:
    def member(number: int) -> dict[str, Any]:
        told = {"exception_id": number, "parent_id": 0, "source": f"exceptions[{number - 1}]"}
        return {"type": f"E{number}", "mechanism": told}

    group = {"type": "ExceptionGroup", "mechanism": {"exception_id": 0, "is_exception_group": True}}
    sent = {"platform": "python", "exception": {"values": [member(2), member(1), group]}}

    shown = stacks_of(sent).exceptions

    assert [(one.type, one.parent_id, one.relation) for one in shown] == [
        ("E2", 0, Relation.MEMBER),
        ("E1", 0, Relation.MEMBER),
        ("ExceptionGroup", None, Relation.NONE),
    ]
    assert shown[-1].is_group


PRINTED = {
    "python": """\
Traceback (most recent call last):
  File "/app/a.py", line 3, in load
KeyError: 'id'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/app/b.py", line 9, in pay
shop.errors.PayError: no cart""",
    "javascript": """\
PayError: no cart
    at pay (/app/b.py:9)
Caused by: KeyError: 'id'
    at load (/app/a.py:3)""",
    "java": """\
Exception in thread "main" shop.errors.PayError: no cart
\tat pay(b.py:9)
Caused by: KeyError: 'id'
\tat load(a.py:3)""",
    "ruby": """\
/app/b.py:9:in 'pay': no cart (PayError)
/app/a.py:3:in 'load': 'id' (KeyError)""",
    "php": """\
PHP Fatal error:  Uncaught KeyError: 'id' in /app/a.py:3
Stack trace:
#0 {main}

Next PayError: no cart in /app/b.py:9
Stack trace:
#0 {main}""",
    "csharp": """\
Unhandled exception. shop.errors.PayError: no cart
   at pay() in /app/b.py:line 9
 ---> KeyError: 'id'
   at load() in /app/a.py:line 3""",
    "go": """\
panic: PayError: no cart

goroutine 1 [running]:
pay(...)
\t/app/b.py:9
KeyError: 'id'

goroutine 1 [running]:
load(...)
\t/app/a.py:3""",
}


@pytest.mark.parametrize("platform", sorted(PRINTED))
def test_the_text_to_copy_is_what_the_platform_prints(platform: str) -> None:
    assert stacks_of(chain(platform, "__cause__")).text == PRINTED[platform]


def test_a_python_context_is_printed_as_one() -> None:
    assert "During handling of the above" in stacks_of(chain("python", "__context__")).text


def test_native_frames_show_their_address_and_library() -> None:
    stacks = stacks_of(
        event("native", {"instruction_addr": "0x7f01", "package": "/opt/shop/libcart.so"})
    )

    frame = stacks.exceptions[0].frames[0]
    assert (frame.address, frame.package) == ("0x7f01", "libcart.so")
    assert stacks.text.endswith("#0  libcart.so  0x7f01  <unknown>")


def test_threads_show_the_crashed_one_first() -> None:
    def thread(number: int, **fields: Any) -> dict[str, Any]:
        return {"id": number, "stacktrace": {"frames": [{"function": f"run{number}"}]}, **fields}

    sent = {"platform": "java", "threads": {"values": [thread(1), thread(2, crashed=True)]}}

    shown = stacks_of(sent).threads

    assert [(one.id, one.is_crashed) for one in shown] == [("2", True), ("1", False)]
    assert shown[0].frames[0].function == "run2"


def test_a_long_recursion_keeps_both_ends() -> None:
    frames = [{"function": f"f{number}"} for number in range(1_000)]

    shown = stacks_of(event("python", *frames)).exceptions[0]

    assert (shown.frames[0].function, shown.frames[-1].function) == ("f0", "f999")
    assert len(shown.frames) + shown.omitted == 1_000


@pytest.mark.parametrize(
    "sent",
    [
        {"exception": 5},
        {"exception": {"values": [None, 3, {"stacktrace": {"frames": "x"}}]}},
        {"exception": [{"type": {}, "value": [], "mechanism": 3, "stacktrace": {"frames": [7]}}]},
        {"threads": {"values": [{"stacktrace": [], "id": []}]}},
        {"exception": [{"type": "A", "mechanism": {"exception_id": 0, "parent_id": 0}}]},
        event("java", {"lineno": -2, "colno": True, "context_line": 4, "vars": [], "data": 7}),
        event("native", {"function": "_ZN" + "9" * 40, "module": None, "in_app": "yes"}),
        {"platform": 7, "stacktrace": {"frames": [{"function": 1.5}]}},
    ],
)
def test_whatever_was_sent_is_shown_as_far_as_it_is_understood(sent: dict[str, Any]) -> None:
    stacks = stacks_of(sent)

    assert isinstance(stacks.text, str)
