"""Whole events after the shape that each language's SDK gives them, as text to copy."""

from __future__ import annotations

from typing import Any

import pytest

from watchkeeper.issues.frames import images_of, stacks_of

Json = dict[str, Any]


def event(platform: str, *exceptions: Json, **fields: Any) -> Json:
    return {"platform": platform, "exception": {"values": list(exceptions)}, **fields}


def raised(kind: str, value: str, *frames: Json, **fields: Any) -> Json:
    return {"type": kind, "value": value, "stacktrace": {"frames": list(frames)}, **fields}


GO = event(
    "go",
    raised("*errors.errorString", "no price"),
    raised(
        "*fmt.wrapError",
        "checkout: no price",
        {"function": "main", "module": "main", "abs_path": "/srv/shop/main.go", "lineno": 41},
        {
            "function": "(*Cart).Checkout.func1",
            "module": "github.com/acme/shop/v2%2ecart",
            "abs_path": "/srv/shop/cart/cart.go",
            "lineno": 14,
        },
    ),
)
GO_TEXT = """\
panic: *fmt.wrapError: checkout: no price

goroutine 1 [running]:
github.com/acme/shop/v2.cart.(*Cart).Checkout.func1(...)
\t/srv/shop/cart/cart.go:14
main.main(...)
\t/srv/shop/main.go:41
*errors.errorString: no price"""

ANDROID = event(
    "java",
    raised(
        "IllegalStateException",
        "Not attached",
        {
            "module": "android.os.Looper",
            "function": "loop",
            "filename": "Looper.java",
            "lineno": 288,
        },
        {
            "module": "com.acme.shop.CartModel$load$1",
            "function": "invokeSuspend",
            "filename": "CartModel.kt",
            "lineno": 44,
        },
        module="java.lang",
        thread_id=2,
    ),
    threads={"values": [{"id": 2, "name": "main", "current": True, "crashed": True}]},
)
ANDROID_TEXT = """\
Exception in thread "main" java.lang.IllegalStateException: Not attached
\tat com.acme.shop.CartModel.invokeSuspend(CartModel.kt:44)
\tat android.os.Looper.loop(Looper.java:288)"""

DOTNET = event(
    "csharp",
    raised(
        "System.InvalidOperationException",
        "no price",
        {
            "function": "static async Task Program.<Main>$(string[] args)",
            "module": "Program",
            "abs_path": "/src/Program.cs",
            "lineno": 3,
            "package": "Shop, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null",
        },
        {"function": "void Cart.Total()+(Item i) => { }", "module": "Shop.Cart", "lineno": 31},
        module="System.Private.CoreLib, Version=8.0.0.0, Culture=neutral, PublicKeyToken=7cec",
    ),
)
DOTNET_TEXT = """\
Unhandled exception. System.InvalidOperationException: no price
   at Shop.Cart.Total (lambda)()
   at Program.Main() in /src/Program.cs:line 3"""

PHP = event(
    "php",
    raised(
        "App\\CheckoutException",
        "failed",
        {"filename": "/public/index.php", "abs_path": "/var/www/public/index.php", "lineno": 51},
        {
            "function": "Illuminate\\Pipeline\\{closure}",
            "raw_function": "Illuminate\\Pipeline\\Pipeline::Illuminate\\Pipeline\\{closure}",
            "abs_path": "/var/www/vendor/laravel/Pipeline.php",
            "lineno": 141,
        },
        {"function": "App\\Cart::total", "abs_path": "/var/www/app/Cart.php", "lineno": 12},
    ),
)
PHP_TEXT = """\
PHP Fatal error:  Uncaught App\\CheckoutException: failed in /var/www/app/Cart.php:12
Stack trace:
#0 /var/www/vendor/laravel/Pipeline.php(141): App\\Cart::total()
#1 /var/www/public/index.php(51): Illuminate\\Pipeline\\Pipeline::Illuminate\\Pipeline\\{closure}()
#2 {main}"""

RUBY = event(
    "ruby",
    raised(
        "NoMethodError",
        "undefined method 'price' for nil",
        {"abs_path": "/gems/puma/server.rb", "function": "block in process", "lineno": 3},
        {"abs_path": "/app/models/cart.rb", "function": "Cart#line", "lineno": 9},
    ),
)
RUBY_TEXT = """\
/app/models/cart.rb:9:in 'Cart#line': undefined method 'price' for nil (NoMethodError)
\tfrom /gems/puma/server.rb:3:in 'block in process'"""

ELIXIR = event(
    "elixir",
    raised(
        "ArithmeticError",
        "bad argument in arithmetic expression",
        {
            "module": "Plug.Router",
            "function": "Plug.Router.call/2",
            "filename": "lib/plug/router.ex",
            "lineno": 11,
        },
        {
            "module": "Elixir.Shop.Cart",
            "function": "Shop.Cart.total/1",
            "filename": "lib/shop/cart.ex",
            "lineno": 12,
        },
        {"module": "erlang", "function": ":erlang.+/2", "filename": None, "lineno": None},
    ),
)
ELIXIR_TEXT = """\
** (ArithmeticError) bad argument in arithmetic expression
    :erlang.+/2
    lib/shop/cart.ex:12: Shop.Cart.total/1
    lib/plug/router.ex:11: Plug.Router.call/2"""

DART = event(
    "other",
    raised(
        "StateError",
        "Bad state: no price",
        {"function": "main", "abs_path": "package:shop/main.dart", "lineno": 3, "colno": 5},
        {"abs_path": "<asynchronous suspension>"},
        {"function": "Cart.total", "abs_path": "package:shop/cart.dart", "lineno": 12, "colno": 7},
        {"function": "_rootRun", "abs_path": "dart:async/zone.dart", "lineno": 1},
    ),
    sdk={"name": "sentry.dart.flutter", "version": "8.0.0"},
)
DART_TEXT = """\
StateError: Bad state: no price
#0      _rootRun (dart:async/zone.dart:1)
#1      Cart.total (package:shop/cart.dart:12:7)
<asynchronous suspension>
#2      main (package:shop/main.dart:3:5)"""

RUST = event(
    "native",
    raised(
        "panic",
        "called `Option::unwrap()` on a `None` value",
        {"function": "shop::main", "package": "/opt/shop", "instruction_addr": "0x55a1"},
        {
            "function": "shop::cart::total::h0123456789abcdef",
            "abs_path": "/src/cart.rs",
            "lineno": 9,
        },
    ),
)
RUST_TEXT = """\
panic: called `Option::unwrap()` on a `None` value
#0  shop::cart::total at /src/cart.rs:9
#1  shop  0x55a1  shop::main"""

SHOP_APP = "/private/var/containers/Bundle/Application/1F2E/Shop.app/Shop"
COCOA = event(
    "cocoa",
    raised(
        "EXC_BAD_ACCESS",
        "Attempted to dereference null pointer.",
        {"function": "start", "package": "/usr/lib/dyld", "instruction_addr": "0x1a0001234"},
        {"function": "$s4Shop4CartC5totalSiyF", "instruction_addr": "0x0000000104d8b000"},
        {"instruction_addr": "0x104d8b0ff"},
    ),
    debug_meta={
        "images": [
            {
                "type": "macho",
                "code_file": SHOP_APP,
                "image_addr": "0x104d84000",
                "image_size": 65536,
            },
            {"type": "macho", "code_file": "/usr/lib/dyld", "image_addr": 0x1A0000000},
        ]
    },
)
COCOA_TEXT = """\
EXC_BAD_ACCESS: Attempted to dereference null pointer.
#0  Shop  0x104d8b0ff  +0x70ff
#1  Shop  0x0000000104d8b000  Shop.Cart.total
#2  dyld  0x1a0001234  start"""

PRINTED = {
    "go": (GO, GO_TEXT),
    "android": (ANDROID, ANDROID_TEXT),
    "dotnet": (DOTNET, DOTNET_TEXT),
    "php": (PHP, PHP_TEXT),
    "ruby": (RUBY, RUBY_TEXT),
    "elixir": (ELIXIR, ELIXIR_TEXT),
    "dart": (DART, DART_TEXT),
    "rust": (RUST, RUST_TEXT),
    "cocoa": (COCOA, COCOA_TEXT),
}


@pytest.mark.parametrize("language", PRINTED)
def test_an_event_is_printed_as_its_language_does(language: str) -> None:
    sent, text = PRINTED[language]
    assert stacks_of(sent).text == text


def test_own_code_of_flutter_is_told_from_the_framework_s() -> None:
    frames = stacks_of(DART).exceptions[0].frames
    assert [frame.is_in_app for frame in frames] == [False, True, True, True]


def test_a_frame_without_a_symbol_has_its_image_and_is_own_code_unless_the_system_s() -> None:
    unnamed, _, start = stacks_of(COCOA).exceptions[0].frames
    assert (unnamed.function, unnamed.package, unnamed.is_in_app) == ("+0x70ff", "Shop", True)
    assert (start.package, start.is_in_app) == ("dyld", False)


def test_an_assembly_goes_without_its_version() -> None:
    assert stacks_of(DOTNET).exceptions[0].frames[-1].package == "Shop"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("0x1000", "shop+0x0"),
        ("4097", "shop+0x1"),
        (0x1FFF, "shop+0xfff"),
        ("0x2000", None),
        ("0xfff", None),
        ("0x5000", "libc.so+0x0"),
        ("0xffffffffff", "libc.so+0xffffffafff"),
        (None, None),
        ("", None),
        ("here", None),
        (-1, None),
        (2**70, None),
        (True, None),
    ],
)
def test_an_address_lies_in_one_image_or_in_none(address: object, name: str | None) -> None:
    images = images_of(
        {
            "images": [
                {"code_file": "/lib/libc.so", "image_addr": "0x5000"},
                {"code_file": "C:\\bin\\shop", "image_addr": "0x1000", "image_size": 0x1000},
                {"code_file": "/bin/no-address"},
                {"image_addr": "0x1800"},
                "nonsense",
            ]
        }
    )
    place = images.at(address)
    assert (place and place.name) == name


@pytest.mark.parametrize("sent", [None, [], {}, {"images": None}, {"images": [1, None]}])
def test_an_event_without_images_has_none(sent: object) -> None:
    assert images_of(sent).at("0x1000") is None
