"""A console that listens, and Debian's Chromium."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright

from ivr.testing.ports import free_port
from tests.unit.web.world import World

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    port = free_port()
    made = World(f"http://127.0.0.1:{port}")
    server = uvicorn.Server(
        uvicorn.Config(made.app, "127.0.0.1", port, log_config=None, timeout_graceful_shutdown=1, lifespan="off")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    yield made
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
