"""A client that was connected to itself has reached nobody."""

import socket

import pytest

from ivr.adapters.not_itself import refuse_itself


def test_a_client_connected_to_itself_is_refused_and_closed() -> None:
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    client.bind(("127.0.0.1", 0))
    client.connect(client.getsockname())  # as the kernel does by chance
    with pytest.raises(ConnectionRefusedError):
        refuse_itself(client)
    assert client.fileno() == -1, "it keeps the port from the program that ought to listen there"


def test_a_client_of_somebody_else_is_left_alone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert refuse_itself(client) is client
