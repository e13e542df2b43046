"""A console that listens, and Debian's Chromium."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright

from ivr.testing.ports import free_port
from tests.unit.web.world import World

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]


@contextmanager
def serving(world: World, port: int) -> Iterator[World]:
    """It listens until the block ends."""
    config = uvicorn.Config(world.app, "127.0.0.1", port, log_config=None, timeout_graceful_shutdown=1, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            thread.join(0.02)
        yield world
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    port = free_port()
    with serving(World(f"http://127.0.0.1:{port}"), port) as made:
        yield made


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
