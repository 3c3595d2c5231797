"""The command-line words that the two processes of a server are started with."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from watchkeeper.app.config import CONFIG_FILE_VARIABLE, Config, load


def read_words(words: Sequence[str]) -> tuple[Config, argparse.Namespace]:
    """Settings, and what else was said. Raises ConfigError."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--config", default=os.environ.get(CONFIG_FILE_VARIABLE))
    parser.add_argument("--listen")
    parser.add_argument("--data-dir")
    parser.add_argument("--parent-pid", type=int, default=0)
    said = parser.parse_args(words)
    options = {"server.listen": said.listen, "server.data_dir": said.data_dir}
    return load(Path(said.config) if said.config else None, os.environ, options), said


def said_again(config: Config) -> list[str]:
    """The words with which another process reads the same settings."""
    said = {"listen": config.server.listen, "data-dir": str(config.server.data_dir)}
    if config.file is not None:
        said["config"] = str(config.file)
    return [word for name, value in said.items() for word in (f"--{name}", value)]
