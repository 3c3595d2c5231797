"""Stack traces as text, as each language writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.ingest.pipeline.stack_texts import Trace, read_stack

PYTHON = """Traceback (most recent call last):
  File "/app/shop/db.py", line 12, in load
    return rows[key]
           ~~~~^^^^^
KeyError: 'cart'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/venv/lib/python3.12/site-packages/flask/app.py", line 880, in full_dispatch_request
    rv = self.dispatch_request()
  File "/app/shop/views.py", line 40, in show
    raise CartMissing("no cart") from error
shop.errors.CartMissing: no cart
"""
NODE = """TypeError: Cannot read properties of undefined (reading 'id')
    at getUser (/srv/app/users.js:10:15)
    at async Promise.all (index 0)
    at Object.<anonymous> (/srv/app/node_modules/express/lib/router.js:5:3)
    at node:internal/main/run_main_module:28:49
"""
JAVA = """java.lang.IllegalStateException: order is closed
\tat com.shop.orders.OrderService.add(OrderService.java:52)
\tat java.base/java.lang.Thread.run(Thread.java:840)
Caused by: java.sql.SQLException: timeout
\tat org.postgresql.Driver.connect(Driver.java:100)
\tat com.shop.orders.Repo.load(Repo.java:7)
\t... 12 more
"""
GO = """goroutine 19 [running]:
main.(*Server).handle(0xc000010000, {0x1, 0x2})
\t/src/shop/server.go:88 +0x1d
net/http.HandlerFunc.ServeHTTP(...)
\t/usr/local/go/src/net/http/server.go:2136 +0x29
created by net/http.(*Server).Serve in goroutine 1
\t/usr/local/go/src/net/http/server.go:3086 +0x5cb

goroutine 1 [IO wait]:
main.main()
\t/src/shop/main.go:9 +0x11
"""
DOTNET = """System.InvalidOperationException: outer
 ---> System.ArgumentNullException: Value cannot be null.
   at Shop.Cart.Add(Item item) in /src/Cart.cs:line 17
   --- End of inner exception stack trace ---
   at Shop.Checkout.Pay(String card) in /src/Checkout.cs:line 40
   at Microsoft.AspNetCore.Mvc.Invoker.Next(State& next)
"""
RUBY = """/app/models/cart.rb:9:in `add'
/usr/lib/ruby/gems/3.2.0/gems/rack-3.0/lib/rack.rb:40:in `call'
/app/config.ru:3:in 'block in <main>'
"""
PHP = """#0 /srv/app/src/Cart.php(31): Shop\\Cart->total()
#1 /srv/app/vendor/slim/slim/App.php(8): Slim\\App->run()
#2 {main}
"""
FIREFOX = """render@https://shop.example.com/static/app.js:10:20
@https://shop.example.com/static/app.js:99:1
"""


def _shown(trace: Trace) -> list[tuple[object, object, object]]:
    return [(f["function"], f.get("lineno"), f["in_app"]) for f in trace.frames]


def test_python_has_its_causes_first_and_its_code() -> None:
    platform, (cause, main) = read_stack(PYTHON)

    assert platform == "python"
    assert (cause.type, cause.value, _shown(cause)) == ("KeyError", "'cart'", [("load", 12, True)])
    assert (main.type, main.value) == ("shop.errors.CartMissing", "no cart")
    assert _shown(main) == [("full_dispatch_request", 880, False), ("show", 40, True)]
    assert main.frames[1]["filename"] == "/app/shop/views.py"
    assert main.frames[1]["context_line"] == '    raise CartMissing("no cart") from error'


def test_node_keeps_the_platform_that_was_told() -> None:
    platform, (trace,) = read_stack(NODE, platform="node")

    assert platform == "node"
    assert (trace.type, trace.value[:11]) == ("TypeError", "Cannot read")
    assert _shown(trace) == [
        ("<anonymous>", 28, False),
        ("Object.<anonymous>", 5, False),
        ("getUser", 10, True),
    ]
    assert trace.frames[-1]["colno"] == 15


def test_java_has_its_causes_first() -> None:
    platform, (cause, main) = read_stack(JAVA)

    assert platform == "java"
    assert (cause.type, cause.value) == ("java.sql.SQLException", "timeout")
    assert _shown(cause) == [("load", 7, True), ("connect", 100, True)]
    assert main.type == "java.lang.IllegalStateException"
    assert _shown(main) == [("run", 840, False), ("add", 52, True)]
    assert main.frames[-1]["module"] == "com.shop.orders.OrderService"


def test_go_tells_the_goroutine_that_failed() -> None:
    platform, (trace,) = read_stack(GO)

    assert platform == "go"
    assert _shown(trace) == [
        ("(*Server).Serve", 3086, False),
        ("HandlerFunc.ServeHTTP", 2136, False),
        ("(*Server).handle", 88, True),
    ]
    assert trace.frames[-1]["module"] == "main"


def test_go_built_with_trimpath_has_its_libraries_too() -> None:
    text = (
        "goroutine 1 [running]:\n"
        "go.opentelemetry.io/otel/sdk/trace.recordStackTrace()\n"
        "\tgo.opentelemetry.io/otel/sdk@v1.45.0/trace/span.go:518 +0x3d\n"
        "go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).RecordError(0xc0001)\n"
        "\t/srv/otel/sdk/trace/span.go:500 +0x1f\n"
        "shop/cart.Reserve({0x1, 0x2})\n"
        "\tshop/cart/cart.go:44 +0x8a\n"
        "net/http.HandlerFunc.ServeHTTP(0xc0002)\n"
        "\tnet/http/server.go:2136 +0x29\n"
    )

    _, (trace,) = read_stack(text)

    assert _shown(trace) == [
        ("HandlerFunc.ServeHTTP", 2136, False),
        ("Reserve", 44, True),
        ("(*recordingSpan).RecordError", 500, False),
        ("recordStackTrace", 518, False),
    ]


def test_dotnet_has_its_inner_exception_first() -> None:
    platform, (inner, outer) = read_stack(DOTNET)

    assert platform == "csharp"
    assert (inner.type, _shown(inner)) == (
        "System.ArgumentNullException",
        [("Add(Item item)", 17, True)],
    )
    assert outer.type == "System.InvalidOperationException"
    assert _shown(outer) == [("Next(State& next)", None, False), ("Pay(String card)", 40, True)]


def test_ruby_and_php_and_firefox_are_read() -> None:
    assert _shown(read_stack(RUBY)[1][0]) == [
        ("block in <main>", 3, True),
        ("call", 40, False),
        ("add", 9, True),
    ]
    assert _shown(read_stack(PHP)[1][0]) == [
        ("Slim\\App->run", 8, False),
        ("Shop\\Cart->total", 31, True),
    ]
    assert _shown(read_stack(FIREFOX)[1][0]) == [("<anonymous>", 99, True), ("render", 10, True)]


@pytest.mark.parametrize("text", ["", "no stack here", "at", "Traceback (most recent call last):"])
def test_what_is_no_stack_gives_no_frames(text: str) -> None:
    assert read_stack(text, platform="python") == ("python", [])


@given(st.text(alphabet="at (/.:1)\n\tFile\",in@#'`", max_size=300))
def test_any_text_is_read(text: str) -> None:
    for trace in read_stack(text)[1]:
        assert all(frame["function"] for frame in trace.frames)
