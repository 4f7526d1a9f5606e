"""Opening an ONNX graph with ONNX Runtime, and reading back where it really runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from studio.domain.errors import DamagedModelError, DeviceError, StudioError, out_of_memory, tells_of_no_memory
from studio.domain.i18n import _
from studio.domain.running import Placement, ProviderSetup
from studio.runtime.cores import available_cores

Array = npt.NDArray[Any]

CPU_PROVIDER = "CPUExecutionProvider"
_CUDA_PROVIDER = "CUDAExecutionProvider"
_TENSORRT_PROVIDER = "TensorrtExecutionProvider"
#: ONNX Runtime's names of element types → numpy's.
_DTYPES: dict[str, Any] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
}


@dataclass(frozen=True)
class Port:
    """An input or output of a graph.

    Attributes:
        name: Its name in the graph.
        shape: Sizes; a name or None stands for a size that is not fixed.
        dtype: numpy's type of its elements.
    """

    name: str
    shape: tuple[int | str | None, ...]
    dtype: Any


class Session:
    """An open ONNX graph."""

    def __init__(self, path: Path, provider: ProviderSetup, threads: int) -> None:
        self.threads = threads
        wanted = [(provider.name, dict(provider.options))]
        if provider.name == _TENSORRT_PROVIDER and _CUDA_PROVIDER in ort.get_available_providers():
            # What TensorRT can't compile stays on the GPU.
            wanted.append((_CUDA_PROVIDER, {}))
        if provider.name != CPU_PROVIDER:
            wanted.append((CPU_PROVIDER, {}))
        self.ort = ort.InferenceSession(str(path), _session_options(threads), providers=wanted)
        # Otherwise a failing run would silently open the session again on other providers.
        self.ort.disable_fallback()
        self.inputs = tuple(_port(arg) for arg in self.ort.get_inputs())
        self.outputs = tuple(_port(arg) for arg in self.ort.get_outputs())
        self.input_names = tuple(port.name for port in self.inputs)
        self.output_names = tuple(port.name for port in self.outputs)
        self.placement = _placement(self.ort, provider, threads)
        # InferenceSession.run checks every feed's name in Python; the inner session does the same in C.
        self._inner = self.ort._sess

    def run(self, feeds: Mapping[str, Array], outputs: Sequence[str] | None = None) -> list[Array]:
        """Run the graph.

        Args:
            feeds: A contiguous array for each input.
            outputs: Names of the outputs wanted; all of them where None.

        Raises:
            OutOfMemory: There was not enough memory for it.
            StudioError: The graph could not be run.
        """
        try:
            return self._inner.run(outputs or self.output_names, feeds, None)  # type: ignore[no-any-return]
        except Exception as error:  # pybind raises bare RuntimeErrors and types of its own
            raise run_error(error) from error


def open_session(path: Path, provider: ProviderSetup, threads: int = 0) -> Session:
    """Open one graph.

    Args:
        path: The ``.onnx`` file; external data is found beside it.
        provider: The execution provider wanted; the CPU is always added behind it.
        threads: Threads for one operator; 0 means one for each physical core available to this process.

    Raises:
        DamagedModelError: The file is missing, no ONNX graph, or its external data is missing or too short.
        DeviceError: The provider is not part of the installed ONNX Runtime.
        OutOfMemory: There is not enough memory to load it.
    """
    if not path.is_file():
        raise DamagedModelError(
            _("The file {name} is missing.").format(name=path.name), _("Add or repair the model."), str(path)
        )
    if provider.name not in ort.get_available_providers():
        raise DeviceError(
            _("The installed ONNX Runtime has no {provider}.").format(provider=provider.name),
            _("`studio doctor` shows which devices can be used here, and what the others need."),
            f"available: {', '.join(ort.get_available_providers())}",
        )
    if provider.name in (_CUDA_PROVIDER, _TENSORRT_PROVIDER):
        # CUDA and cuDNN may be Python packages, where the system's loader does not look.
        ort.preload_dlls()
    try:
        return Session(path, provider, threads or available_cores())
    except StudioError:
        raise
    except Exception as error:  # see Session.run
        raise _load_error(path, error) from error


def _session_options(threads: int) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    # Threads that wait between two operators look for work for a moment before they sleep: waking them costs more
    # than a small operator takes. ONNX Runtime's own moment is so long that it takes time from other programs.
    options.add_session_config_entry("session.intra_op.spin_duration_us", "200")
    # Processors without 8-bit dot products (AVX2 alone) add up int8 products in 16 bits, which overflow: then answers
    # differ from those of other computers. ONNX Runtime avoids it on these only, at 3 to 10 % of the speed.
    options.add_session_config_entry("session.x64quantprecision", "1")
    # Denormal numbers are many times slower and never matter to an answer.
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    return options


def _port(arg: Any) -> Port:
    return Port(arg.name, tuple(arg.shape), _DTYPES.get(arg.type, np.float32))


def _placement(session: Any, provider: ProviderSetup, threads: int) -> Placement:
    registered = tuple(session.get_providers())
    nodes: Counter[str] = Counter()
    try:
        for subgraph in session.get_provider_graph_assignment_info():
            nodes[subgraph.ep_name] += len(subgraph.get_nodes())
    except (AttributeError, RuntimeError):
        # An ONNX Runtime before 1.24, or a provider that doesn't record: the registered order is all that is known.
        nodes.clear()
    ran = nodes.most_common(1)[0][0] if nodes else registered[0]
    return Placement(ran, registered, dict(nodes), threads, _fall_back(provider, registered, nodes))


def _fall_back(provider: ProviderSetup, registered: tuple[str, ...], nodes: Mapping[str, int]) -> str:
    """A sentence where the model does not run, or only partly runs, where it was asked to."""
    if provider.name == CPU_PROVIDER:
        return ""
    if provider.name not in registered or (nodes and not nodes.get(provider.name)):
        other = max(nodes, key=lambda name: nodes[name]) if nodes else registered[0]
        if other == CPU_PROVIDER:
            return _("{provider} could not be used; the model runs on the CPU.").format(provider=provider.name)
        return _("{provider} could not be used; the model runs on {other}.").format(provider=provider.name, other=other)
    share = nodes.get(CPU_PROVIDER, 0) / max(1, sum(nodes.values()))
    if share > 0.2:
        return _("{share:.0%} of the model's steps run on the CPU, not on {provider}.").format(
            share=share, provider=provider.name
        )
    return ""


def merge_placements(placements: Sequence[Placement]) -> Placement:
    """The placement of a model made of several graphs."""
    nodes: Counter[str] = Counter()
    for placement in placements:
        nodes.update(placement.nodes)
    first = placements[0]
    provider = nodes.most_common(1)[0][0] if nodes else first.provider
    notice = next((placement.notice for placement in placements if placement.notice), "")
    return Placement(provider, first.providers, dict(nodes), first.threads, notice)


def run_error(error: Exception) -> StudioError:
    """What an exception out of a run means."""
    text = str(error)
    if tells_of_no_memory(text):
        return out_of_memory(text)
    return StudioError(
        _("The model could not be run on this input."), _("`studio models verify` checks its files."), text
    )


def not_numbers() -> StudioError:
    """The error for scores that are no numbers."""
    return StudioError(
        _("The model computed values that are no numbers, so there is no answer."),
        _("Try another precision of the model: half precision is too coarse for some."),
    )


def _load_error(path: Path, error: Exception) -> StudioError:
    text = str(error)
    if tells_of_no_memory(text):
        return out_of_memory(text)
    if "is not a registered function/op" in text or "NOT_IMPLEMENTED" in text:
        return StudioError(
            _("{name} uses operations that this computer's ONNX Runtime does not know.").format(name=path.name),
            _("Try another precision of the model, or a newer ONNX Runtime."),
            text,
        )
    return DamagedModelError(
        _("The file {name} can't be opened as a model.").format(name=path.name),
        _("It may be damaged or cut short: `studio models verify` names what is wrong; then add the model again."),
        text,
    )
