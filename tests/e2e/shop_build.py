"""A small web shop, built twice by esbuild as its developers would, for tests of source maps."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.product import NODE

CART = """\
export interface Cart {
  total: number | null;
}

// Cards that we take.
export class Checkout {
  constructor(private cart: Cart) {}

  charge(card: string): number {
    const amount = this.cart.total!.toFixed(2);
    return Number(amount) + card.length;
  }
}

export const pay = (total: number | null): number => {
  const checkout = new Checkout({ total });
  return checkout.charge("4242");
};
"""
MAIN = """\
import * as Sentry from "sentry-browser-10";
import "./first";
import { pay } from "./cart";

const { dsn, release } = (window as any).shop;
Sentry.init({ dsn, release });

document.querySelector("button")!.addEventListener("click", function onClick() {
  pay(null);
});
"""
PAGE = """\
<!doctype html><title>Shop</title><button>Pay</button>
<script>window.shop = {{ dsn: "{dsn}", release: "{release}" }};</script>
<script src="/assets/main.js"></script>
"""


@dataclass
class Shop:
    """The sources in a repository of their own, and what was built of them in `dist`."""

    directory: Path
    environ: dict[str, str] = field(default_factory=dict)

    def write(self, *, banner: str = "") -> None:
        """Write the sources. banner: code that stands before theirs in the bundle."""
        source = self.directory / "src"
        source.mkdir(parents=True, exist_ok=True)
        (source / "cart.ts").write_text(CART)
        (source / "first.ts").write_text(banner or "export {};\n")
        (source / "main.ts").write_text(MAIN)

    def build(self) -> None:
        """Bundle and minify into dist/assets/main.js with its map."""
        words = [
            str(NODE / "node_modules/.bin/esbuild"),
            "src/main.ts",
            "--bundle",
            "--minify",
            "--sourcemap",
            "--outdir=dist/assets",
        ]
        environ = {**os.environ, "NODE_PATH": str(NODE / "node_modules")}
        self._run(words, environ)

    def commit(self, message: str) -> None:
        """Commit the sources to git."""
        author = ["-c", "user.name=Ada", "-c", "user.email=ada@acme.example"]
        if not (self.directory / ".git").exists():
            self._run(["git", "init", "--quiet", "."])
        self._run(["git", "add", "src"])
        self._run(["git", *author, "commit", "--quiet", "--message", message])

    def cli(self, *words: str) -> str:
        """Run sentry-cli, which must succeed; what it printed."""
        return self.cli_result(*words, must_work=True).stdout

    def cli_result(self, *words: str, must_work: bool = False) -> subprocess.CompletedProcess[str]:
        """Run sentry-cli from its package."""
        command = [str(NODE / "node_modules/@sentry/cli-linux-x64/bin/sentry-cli"), *words]
        return self._run(command, {**os.environ, **self.environ}, must_work=must_work)

    def page(self, dsn: str, release: str) -> None:
        """Write the page that loads the bundle."""
        (self.directory / "dist" / "index.html").write_text(PAGE.format(dsn=dsn, release=release))

    def _run(
        self, words: list[str], environ: dict[str, str] | None = None, *, must_work: bool = True
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            words,
            cwd=self.directory,
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0 or not must_work, done.stdout + done.stderr
        return done
