"""Addresses of clusters, what Ray raises in sentences, and how lanes are spread."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from studio.cluster.address import check_address, full_address, needs_network
from studio.cluster.failures import not_joined
from studio.cluster.knock import knock
from studio.cluster.messages import SurveyedNode
from studio.domain.errors import ClusterError, InputError, MissingDependencyError, OfflineError
from studio.domain.evaluation import ClusterShare, NodeShare
from studio.services.cluster_node import NodeLook
from studio.services.cluster_words import cluster_sentences, node_words
from studio.services.clusters import _notices, _spread, _usable_now, find_cluster, join


@pytest.mark.parametrize(
    ("typed", "address", "full", "leaves"),
    [
        ("local", "local", None, False),
        (" LOCAL ", "local", None, False),
        ("head", "head", "head:6379", True),
        ("10.0.0.5:6380", "10.0.0.5:6380", "10.0.0.5:6380", True),
        ("ray://head.example.com", "ray://head.example.com", "ray://head.example.com:10001", True),
        ("ray://127.0.0.1:9", "ray://127.0.0.1:9", "ray://127.0.0.1:9", False),
        ("localhost", "localhost", "localhost:6379", False),
        ("[fe80::1]:6379", "[fe80::1]:6379", "[fe80::1]:6379", True),
        ("[::1]", "[::1]", "[::1]:6379", False),
        # A name that only begins like this computer's is another computer's.
        ("127.0.0.1.example.com", "127.0.0.1.example.com", "127.0.0.1.example.com:6379", True),
    ],
)
def test_addresses(typed: str, address: str, full: str | None, leaves: bool) -> None:
    assert check_address(typed) == address
    if full is not None:
        assert full_address(address) == full
    assert needs_network(address) == leaves


@pytest.mark.parametrize(
    "typed", ["", "a b", "http://head:6379", "head:0", "head:99999", "head:x", "ray://", "head/path", "--head", "a;b\n"]
)
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(InputError, match="no address of a Ray cluster"):
        check_address(typed)


def test_a_cluster_elsewhere_needs_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(OfflineError, match="switched off"), join("ray://cluster.example.com:10001"):
        pass


def test_a_token_is_shown_to_nobody_who_does_not_ask_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    grpc = pytest.importorskip("grpc")
    shown: list[tuple[str, str]] = []

    class Handler(grpc.GenericRpcHandler):  # type: ignore[misc, name-defined]
        def service(self, details: Any) -> Any:
            shown.extend((each.key, str(each.value)) for each in details.invocation_metadata)
            return grpc.unary_unary_rpc_method_handler(lambda _request, _context: b"")

    server = grpc.server(ThreadPoolExecutor(1), [Handler()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    monkeypatch.setenv("RAY_AUTH_TOKEN", "a-token-of-this-computer")
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    try:
        knock(f"ray://127.0.0.1:{port}")
    finally:
        server.stop(None)
    assert ("client_id", "studio") in shown
    assert "a-token-of-this-computer" not in str(shown)
    assert "RAY_AUTH_MODE" not in os.environ


def test_an_address_where_nothing_answers_is_said_within_seconds() -> None:
    pytest.importorskip("ray")
    with pytest.raises(ClusterError, match=r"no Ray cluster at 127\.0\.0\.1:1"):
        find_cluster("127.0.0.1:1")


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        (
            "Version mismatch: The cluster was started with: Ray: 2.9 Python: 3.9",
            ClusterError,
            "another version of Ray",
        ),
        ("InvalidAuthToken: Authentication token is missing or incorrect", ClusterError, "asks for a token"),
        (
            "No node info found matching attributes: '' when trying to resolve node",
            ClusterError,
            "is no node of the cluster",
        ),
        ("Ray Client requires pip package `ray[client]`", MissingDependencyError, "not installed"),
        ("ray client connection timeout", ClusterError, "does not let the studio in"),
        ("RuntimeError: Proxy failed to Connect to backend! Check", ClusterError, "could not start a process"),
        ("anything else", ClusterError, "can't be reached"),
    ],
)
def test_what_ray_says_in_a_sentence(text: str, kind: type[Exception], says: str) -> None:
    found = not_joined("head:6379", text)
    assert type(found) is kind
    assert says in found.message
    assert found.next_step
    assert found.detail == text


def _node(name: str, cpu: str = "Zen", trouble: str = "", machine: str = "", runtime: str = "1.24") -> SurveyedNode:
    about = {"cpu": cpu, "physical_cores": 8, "gpu": None, "onnxruntime": runtime}
    return SurveyedNode(name, name, 8, 0, NodeLook(about, machine or name), trouble)  # type: ignore[arg-type]


def test_lanes_go_to_the_nodes_in_turn_the_most_frequent_kind_first() -> None:
    nodes = _usable_now([_node("a", "Old"), _node("b"), _node("c"), _node("d", trouble="missing")])
    assert [node.name for node in nodes] == ["b", "c", "a"]
    assert [node.name for node in _spread(nodes, 5)] == ["b", "c", "a", "b", "c"]


def test_unlike_shared_and_useless_nodes_are_named() -> None:
    lanes = [_node("b"), _node("a", "Old", runtime="1.25")]
    found = [*lanes, _node("d", trouble="missing"), _node("e", trouble="version")]
    said = list(_notices(found, lanes, 4))
    assert len(said) == 4
    assert "d" in said[0] and "e" in said[1]
    assert "nodes like b (Zen) only" in said[2]
    assert "1.24, 1.25" in said[3]
    (shared,) = _notices(lanes[:1] * 2, lanes[:1] * 2, 4)
    assert "2 workers with 4 threads each share the computer b" in shared
    assert list(_notices(lanes[:1], lanes[:1], 4)) == []


def test_what_a_cluster_did_in_words() -> None:
    node = NodeShare("b", "Zen", 8, 64_000, 2, rows=1_500, busy_s=10)
    share = ClusterShare("head:6379", rows=2_000, elapsed_s=8, nodes=(node,), lost=1, notices=("Mind this.",))
    sentences = cluster_sentences(share)
    assert "2,000 rows in 8.0 s, 250 rows/s with 2 workers" in sentences[0]
    assert "lost once" in sentences[1]
    assert sentences[2:] == ("Mind this.",)
    assert node_words(node) == "b (Zen, 8 processors, 64 GB): 1,500 rows, 150 rows/s for each worker"
    # Nothing was answered yet: no speed is invented.
    assert cluster_sentences(ClusterShare("head:6379")) == ()
