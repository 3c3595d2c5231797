"""Whether a frame is of the people's own code, where their SDK did not say."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from watchkeeper.lib import go_packages


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call is. Paths with forward slashes."""

    path: str
    module: str
    function: str
    package: str


_PYTHON = re.compile(
    r"/(?:site|dist)-packages/|/lib(?:64)?/python\d|^<|/python\d[\d.]*/lib/|\.zip/"
)
_PYTHON_MODULES = ("importlib.", "runpy", "concurrent.futures.", "asyncio.", "threading")
_SCRIPT = re.compile(
    r"(?:^|/)node_modules/|^node:|^internal/|^(?:timers|events|module|net|vm|async_hooks)\.js$"
    r"|^native |^<anonymous>$|\[native code\]|^(?:\w+-)?(?:chrome|moz|safari(?:-web)?)-extension:"
    r"|(?:^|/)webpack/(?:bootstrap|runtime)|\(webpack\)|/@vite/|^evalmachine|/rolldown/runtime"
    r"|^\0|^\.\./vendor/|/~/"
)
_JVM = (
    "java.", "javax.", "jakarta.", "jdk.", "sun.", "com.sun.", "kotlin.", "kotlinx.", "scala.",
    "groovy.", "clojure.", "org.springframework.", "org.apache.", "org.hibernate.", "org.eclipse.",
    "org.junit.", "org.jboss.", "org.slf4j.", "org.postgresql.", "org.gradle.", "org.codehaus.",
    "org.aspectj.", "android.", "androidx.", "dalvik.", "com.android.", "com.google.",
    "com.fasterxml.", "com.mysql.", "com.zaxxer.", "io.netty.", "io.sentry.", "io.undertow.",
    "io.quarkus.", "io.micronaut.", "io.vertx.", "io.reactivex.", "io.opentelemetry.", "reactor.",
    "rx.", "akka.", "play.", "ch.qos.", "okhttp3.", "okio.", "retrofit2.", "net.bytebuddy.",
    "net.sf.cglib.", "feign.",
)  # fmt: skip
_RUBY = re.compile(
    r"/gems/|/ruby/\d|^<internal:|/rubygems|/vendor/bundle/|/bundler/|^\(eval|/bin/(?:ruby|bundle|rake)$"
)
_PHP = re.compile(r"(?:^|/)vendor/|^\[internal\]|^phar:|^internal$")
_DOTNET = (
    "System.", "Microsoft.", "Newtonsoft.", "Windows.", "Mono.", "NUnit.", "Xunit.", "Sentry.",
    "AutoMapper.", "MediatR.", "Npgsql.", "Dapper.", "Serilog.", "EntityFramework.", "Castle.",
    "Polly.", "Autofac.", "MassTransit.", "Hangfire.", "Grpc.", "FluentValidation.", "UnityEngine.",
)  # fmt: skip
_NATIVE = re.compile(
    r"^/(?:usr/)?lib(?:32|64)?/|^/System/|^[A-Z]:/Windows/|\.framework/Versions/|/rustc/|/\.cargo/"
    r"|^/apex/|^/system/|/Xcode\.app/|linux-vdso|^ntdll|^kernel(?:32|base)"
    r"|(?:^|/)(?:lib)?sentry\.(?:so|dylib|dll)",
    re.IGNORECASE,
)
_NATIVE_NAMES = (
    "std::",
    "core::",
    "alloc::",
    "__rust",
    "rust_begin",
    "_start",
    "__libc_",
    "tokio::",
)
_DART = ("dart:", "package:flutter/", "package:sentry", "org-dartlang-sdk:")
_BEAM = re.compile(r"/deps/|^lib/(?:elixir|mix|ex_unit)/|\.erl$")


def is_own(platform: str, place: Place) -> bool:
    """True for code that the people wrote, as far as the platform's conventions tell."""
    return _RULES.get(platform, _anything)(place)


def _python(place: Place) -> bool:
    return not (_PYTHON.search(place.path) or place.module.startswith(_PYTHON_MODULES))


def _script(place: Place) -> bool:
    return bool(place.path) and not _SCRIPT.search(place.path)


def _jvm(place: Place) -> bool:
    return bool(place.module) and not place.module.startswith(_JVM)


def _go(place: Place) -> bool:
    return not go_packages.is_library(place.module, place.path)


def _ruby(place: Place) -> bool:
    return bool(place.path) and not _RUBY.search(place.path)


def _php(place: Place) -> bool:
    return bool(place.path) and not _PHP.search(place.path)


def _dotnet(place: Place) -> bool:
    where = place.module or place.function
    return bool(where) and not f"{where}.".startswith(_DOTNET) and where != "lambda_method"


def is_system_image(path: str) -> bool:
    """True for a library that comes with the operating system, or is the SDK itself."""
    return bool(_NATIVE.search(path.replace("\\", "/")))


def _native(place: Place) -> bool:
    if not (place.function or place.path or place.package):
        return False
    is_library = _NATIVE.search(place.package) or _NATIVE.search(place.path)
    return not is_library and not place.function.startswith(_NATIVE_NAMES)


def _dart(place: Place) -> bool:
    return bool(place.path) and not place.path.startswith(_DART)


def _beam(place: Place) -> bool:
    return bool(place.path) and not _BEAM.search(place.path)


def _anything(place: Place) -> bool:
    return bool(place.path or place.module)


_RULES: Mapping[str, Callable[[Place], bool]] = MappingProxyType(
    {
        "python": _python,
        "javascript": _script,
        "node": _script,
        "java": _jvm,
        "go": _go,
        "ruby": _ruby,
        "php": _php,
        "csharp": _dotnet,
        "native": _native,
        "cocoa": _native,
        "objc": _native,
        "c": _native,
        "rust": _native,
        "swift": _native,
        "dart": _dart,
        "elixir": _beam,
    }
)
