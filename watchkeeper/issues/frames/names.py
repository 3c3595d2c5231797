"""Functions, modules and files under the names that people gave them, per language."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import unquote

from watchkeeper.issues.frames.mangled import demangled

ANONYMOUS = "<anonymous>"

_ALIAS = re.compile(r" \[as [^\]]*\]$")
_OBJECTS = re.compile(
    r"^(?:Object|Module|Function|exports|module\.exports|_?this|self|Window|global)\.(?=.)"
)
_BUNDLED = re.compile(r"^(?:\.{1,2}/|webpack)|^__webpack_|^Object\.\.{1,2}/|^Module\.\.{1,2}/")
_ASYNC = re.compile(r"^async (?:\*)?")
_NOBODY = frozenset(
    {"", "?", "anonymous", "<anonymous>", "(anonymous)", "anonymous function", "<unknown>"}
)

_JAVA_LAMBDA = re.compile(r"^lambda\$(?:(?P<in>\w+)\$)?\d+$|^\$anonfun\$(?P<scala>\w+)\$\d+$")
_JAVA_ACCESS = re.compile(r"^access\$(?:(?P<name>[a-zA-Z_]\w*)|\d+)$")
_JAVA_PROXY = re.compile(
    r"\$\$(?:EnhancerBy|FastClassBy|SpringCGLIB|HibernateProxy|Lambda)\S*$|\$ByteBuddy\$\S*$|/0x[0-9a-f]+$"
)
_KOTLIN_COROUTINE = re.compile(r"^(?P<type>.+?)\$(?P<name>[a-z]\w*)(?:\$\d+)*$")

_DOTNET_STATE = re.compile(r"[+.]?<(?P<name>[^<>]+)>d(?:__\d+)?(?:`\d+)?$")
_DOTNET_LAMBDA = re.compile(r"^<(?P<name>[^<>]*)>b__[\d_]+$")
_DOTNET_LOCAL = re.compile(r"^<(?P<outer>[^<>]*)>g__(?P<name>\w+?)\|[\d_]+$")
_DOTNET_CLOSURE = re.compile(r"[+.]<>c(?:__DisplayClass[\d_]+)?(?:`\d+)?$")
_DOTNET_GENERIC = re.compile(r"`(\d+)")

_PHP_CLOSURE = re.compile(r"^(?P<in>.*?)\\?\{closure(?::(?P<named>.+?)(?::\d+)?)?\}$")
_RUST_HASH = re.compile(r"::h[0-9a-f]{16}$")


def shown_function(platform: str, function: str, module: str) -> str:
    """The function's name as it is written in its language; `<anonymous>` where it has none."""
    clean = _FUNCTIONS.get(platform)
    name = clean(function.strip(), module) if clean else function.strip()
    return name or ("" if platform in _NATIVE else ANONYMOUS)


def shown_module(platform: str, module: str, function: str) -> str:
    """The module or class without what a compiler or framework added to its name."""
    if platform == "java":
        coroutine = _KOTLIN_COROUTINE.match(module) if function == "invokeSuspend" else None
        return coroutine["type"] if coroutine else _JAVA_PROXY.sub("", module)
    if platform == "go":
        return unquote(module)
    if platform == "csharp":
        return _dotnet_type(module, function)
    if platform == "elixir":
        return module.removeprefix("Elixir.")
    return module


def _script(function: str, _module: str) -> str:
    name = _ALIAS.sub("", function)
    if _BUNDLED.match(name):
        return ANONYMOUS
    is_async = bool(_ASYNC.match(name))
    name = _OBJECTS.sub("", _ASYNC.sub("", name))
    if name in _NOBODY:
        return ANONYMOUS
    return f"async {name}" if is_async else name


def _java(function: str, module: str) -> str:
    if found := _JAVA_LAMBDA.match(function):
        return f"{found['in'] or found['scala'] or ''} (lambda)".strip()
    if found := _JAVA_ACCESS.match(function):
        return found["name"] or function
    if function == "invokeSuspend" and (found := _KOTLIN_COROUTINE.match(module)):
        return f"{found['name']} (coroutine)"
    return function.removesuffix("$default").removesuffix("$suspendImpl")


def _go(function: str, module: str) -> str:
    name = unquote(function)
    return name.removeprefix(f"{module}.") if module else name


def _php(function: str, _module: str) -> str:
    name = function.split("\x00", 1)[0]
    if found := _PHP_CLOSURE.match(name):
        outer = found["named"] or found["in"].rstrip("\\:")
        return f"{outer} (closure)" if outer else "(closure)"
    return name


def _dotnet(function: str, module: str) -> str:
    signature, _, inner = function.partition(")+")
    name = signature.partition("(")[0] if not function.startswith("(") else function
    name = _without_return(name)
    if name == "MoveNext" and (found := _DOTNET_STATE.search(module)):
        return found["name"]
    if found := _DOTNET_STATE.search(name.removesuffix(".MoveNext")):
        return found["name"]
    last = name.rpartition(".")[2] or name
    if found := _DOTNET_LAMBDA.match(last):
        return f"{found['name']} (lambda)".strip()
    if found := _DOTNET_LOCAL.match(last):
        return f"{_plain(found['outer'])}.{found['name']}"
    name = _generics(_within(name, _dotnet_type(module, function))).replace("<Main>$", "Main")
    return f"{name}{_inner(inner)}"


def _without_return(name: str) -> str:
    """`async Task<List<Item>> Cart.Pay` as `Cart.Pay`: modifiers and the type go."""
    depth = 0
    for at in range(len(name) - 1, -1, -1):
        depth += (name[at] == ">") - (name[at] == "<")
        if name[at] == " " and not depth:
            return name[at + 1 :]
    return name


def _within(name: str, module: str) -> str:
    """The method alone where its class is the module, or its last part."""
    owner, dot, method = name.rpartition(".")
    if owner.endswith("."):  # a constructor is called `.ctor`
        owner, method = owner.removesuffix("."), f".{method}"
    is_told = bool(dot) and f".{module}".endswith(f".{owner}")
    return method if is_told else name


def _inner(text: str) -> str:
    """What stands within a method: `+(Item i) => { }` is a lambda, `+Helper(int n)` a function."""
    if not text:
        return ""
    name = _without_return(text.partition("(")[0].strip())
    return f".{name}" if name and "=>" not in name else " (lambda)"


def _plain(outer: str) -> str:
    return "Main" if outer == "<Main>$" else outer


def _dotnet_type(module: str, function: str) -> str:
    """The class that people wrote: without the state machine or the closure inside it."""
    name = module.partition(", ")[0]
    if function == "MoveNext":
        name = _DOTNET_STATE.sub("", name)
    return _generics(_DOTNET_CLOSURE.sub("", name)).replace("+", ".")


def _generics(name: str) -> str:
    """``List`1`` as `List<T>`."""

    def parameters(found: re.Match[str]) -> str:
        count = min(int(found[1][:2]), 16)
        return "<T>" if count == 1 else f"<{', '.join(f'T{n}' for n in range(1, count + 1))}>"

    return _DOTNET_GENERIC.sub(parameters, name)


def _elixir(function: str, module: str) -> str:
    name = module.removeprefix("Elixir.")
    return function.removeprefix(f"{name}.").removeprefix(f":{name}.") if name else function


def _native(function: str, _module: str) -> str:
    return _RUST_HASH.sub("", demangled(function))


_NATIVE = frozenset({"native", "cocoa", "objc", "c", "rust", "swift"})
_FUNCTIONS: Mapping[str, Callable[[str, str], str]] = MappingProxyType(
    {
        "javascript": _script,
        "node": _script,
        "java": _java,
        "go": _go,
        "php": _php,
        "csharp": _dotnet,
        "elixir": _elixir,
        **dict.fromkeys(_NATIVE, _native),
    }
)

_SCHEME = re.compile(
    r"^(?:webpack(?:-internal)?|turbopack|app|file|rollup|vite|ng|https?|capacitor|ionic)://",
    re.IGNORECASE,
)
_WEBPACK = re.compile(r"^webpack(?:-internal)?:///?(?:\([^)]*\)/)?|^turbopack://(?:/?\[[^\]]*\])?")
_HOST = re.compile(r"^[a-z][a-z0-9+.-]*://[^/]*")
_QUERY = re.compile(r"[?#].*$")


def shown_file(platform: str, filename: str) -> str:
    """A path short enough to read: no scheme, host or query of a script's address."""
    if platform not in {"javascript", "node"} or not _SCHEME.match(filename):
        return filename
    path = _QUERY.sub("", filename)
    if _WEBPACK.match(path):
        return _WEBPACK.sub("", path).removeprefix("./").lstrip("/")
    return _HOST.sub("", path) or path
