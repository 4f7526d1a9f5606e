"""The process of one engine: opens a model, then measures one run for each line on its standard input.

python -m tests.bench.engine ENGINE FOLDER … — started by `tests.bench.pairs`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.bench.rows import pipeline_rows, studio_rows
from tests.bench.shapes import BERT_TEXT, PROMPT, SENTENCE

Run = Callable[[], dict[str, float]]
NEW_TOKENS = 64
TRANSLATED_TOKENS = 30
#: One classification is too short to be timed alone: the median of so many counts as one run, on both sides.
CLASSIFICATIONS = 7


def _cores() -> int:
    """Physical cores are what ONNX Runtime and the studio take; the others are told the same number."""
    from studio.runtime.cores import available_cores

    return available_cores()


def _rates(stamps: Sequence[float], submitted: float) -> dict[str, float]:
    """Decode rate as the studio defines it: (n − 1) / (end − first)."""
    return {
        "ttft_s": stamps[0] - submitted,
        "latency_s": stamps[-1] - submitted,
        "tokens": len(stamps),
        "decode_tokens_per_s": (len(stamps) - 1) / (stamps[-1] - stamps[0]),
    }


def _median(runs: Sequence[dict[str, float]]) -> dict[str, float]:
    """The run of median latency."""
    return sorted(runs, key=lambda figures: figures["latency_s"])[len(runs) // 2]


def studio(task: str, folder: str, precision: str) -> Run:
    """The studio itself: a worker process, driven through the engine as the terminal and the window do."""
    from studio.domain.prediction import GeneratedText
    from studio.domain.running import LoadSpec
    from studio.engine.jobs import Finished
    from studio.engine.supervisor import Supervisor
    from studio.tasks import find_task

    declared = find_task(task)
    text = {"chat": PROMPT, "translation": SENTENCE, "text-classification": BERT_TEXT}[task]
    tokens = {"chat": NEW_TOKENS, "translation": TRANSLATED_TOKENS}.get(task)
    given: dict[str, Any] = {"max_new_tokens": tokens} if tokens else {}
    if task == "translation":
        given["num_beams"] = 1
    inputs, options = declared.read_text(text), declared.resolve_options(given)
    worker = Supervisor().start()
    loaded = worker.load(LoadSpec(task, Path(folder), precision)).wait()
    if not isinstance(loaded, Finished):
        raise SystemExit(str(loaded))

    def run() -> dict[str, float]:
        outcome = worker.run(inputs, options).wait()
        if not isinstance(outcome, Finished):
            raise SystemExit(str(outcome))
        ran = outcome.value
        figures = {"latency_s": ran.latency_s, "peak_memory_mb": ran.peak_memory_mb or 0.0}
        output, timing = ran.prediction.output, ran.prediction.timing
        if isinstance(output, GeneratedText) and timing.first_text_s is not None:
            figures["tokens"] = output.output_tokens
            figures["decode_tokens_per_s"] = (output.output_tokens - 1) / (timing.end_s - timing.first_text_s)
            figures["answer_tokens_per_s"] = output.output_tokens / ran.latency_s
        return figures

    if task == "text-classification":
        return lambda: _median([run() for _ in range(CLASSIFICATIONS)])
    return run


def genai(folder: str, precision: str) -> Run:
    """onnxruntime-genai's own generator on the studio's files."""
    import tempfile

    import onnxruntime_genai as og

    source = Path(folder)
    home = Path(tempfile.mkdtemp(prefix="genai-"))
    name = "model.onnx" if precision == "fp32" else f"model_{precision}.onnx"
    for path in (source / "onnx").iterdir():
        if path.name.startswith(name):
            (home / path.name).symlink_to(path)
    (home / "genai_config.json").write_text(json.dumps(_genai_config(source, name)))
    model = og.Model(str(home))
    from tokenizers import Tokenizer

    prompt = Tokenizer.from_file(str(source / "tokenizer.json")).encode(PROMPT).ids

    def run() -> dict[str, float]:
        params = og.GeneratorParams(model)
        params.set_search_options(do_sample=False, max_length=len(prompt) + NEW_TOKENS)
        submitted = time.perf_counter()
        generator = og.Generator(model, params)
        generator.append_tokens(prompt)
        stamps = []
        while len(stamps) < NEW_TOKENS and not generator.is_done():
            generator.generate_next_token()
            stamps.append(time.perf_counter())
        return _rates(stamps, submitted)

    return run


def _genai_config(source: Path, name: str) -> dict[str, Any]:
    config = json.loads((source / "config.json").read_text())
    layers, heads = config["num_hidden_layers"], config["num_attention_heads"]
    threads = _cores()
    return {
        "model": {
            "type": "llama",
            "context_length": config["max_position_embeddings"],
            "bos_token_id": config["bos_token_id"],
            "eos_token_id": config["eos_token_id"],
            "pad_token_id": 0,
            "vocab_size": config["vocab_size"],
            "decoder": {
                "filename": name,
                "head_size": config["hidden_size"] // heads,
                "hidden_size": config["hidden_size"],
                "num_attention_heads": heads,
                "num_hidden_layers": layers,
                "num_key_value_heads": config["num_key_value_heads"],
                "session_options": {"intra_op_num_threads": threads, "provider_options": []},
                "inputs": {
                    "input_ids": "input_ids",
                    "attention_mask": "attention_mask",
                    "past_key_names": "past_key_values.%d.key",
                    "past_value_names": "past_key_values.%d.value",
                },
                "outputs": {
                    "logits": "logits",
                    "present_key_names": "present.%d.key",
                    "present_value_names": "present.%d.value",
                },
            },
        },
        "search": {"past_present_share_buffer": True, "max_length": config["max_position_embeddings"]},
    }


def llama_cpp(folder: str) -> Run:
    """llama.cpp with q4_0 weights, through llama-cpp-python's low-level calls."""
    import llama_cpp

    from tests.bench.gguf_file import write_q4_0

    model = llama_cpp.Llama(
        str(write_q4_0(Path(folder))), n_ctx=512, n_threads=_cores(), n_threads_batch=_cores(), verbose=False
    )
    from tokenizers import Tokenizer

    prompt = Tokenizer.from_file(str(Path(folder) / "tokenizer.json")).encode(PROMPT).ids

    def run() -> dict[str, float]:
        import numpy as np

        model.reset()
        submitted = time.perf_counter()
        model.eval(prompt)
        stamps = []
        vocabulary = model.n_vocab()
        for _ in range(NEW_TOKENS):
            logits = llama_cpp.llama_get_logits_ith(model.ctx, -1)
            token = int(np.ctypeslib.as_array(logits, (vocabulary,)).argmax())
            stamps.append(time.perf_counter())
            if len(stamps) < NEW_TOKENS:
                model.eval([token])
        return _rates(stamps, submitted)

    return run


def ort_generate(folder: str) -> Run:
    """optimum's ORTModelForCausalLM.generate on optimum's own export."""
    import torch
    from optimum.onnxruntime import ORTModelForCausalLM
    from transformers import AutoTokenizer
    from transformers.generation.streamers import BaseStreamer

    target = Path(folder).parent / (Path(folder).name + "-optimum")
    if not (target / "model.onnx").is_file():
        ORTModelForCausalLM.from_pretrained(folder, export=True, use_cache=True).save_pretrained(target)
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _cores()
    torch.set_num_threads(_cores())
    model = ORTModelForCausalLM.from_pretrained(target, session_options=options)
    ids = AutoTokenizer.from_pretrained(folder)(PROMPT, return_tensors="pt", return_token_type_ids=False)

    class Clock(BaseStreamer):
        def __init__(self) -> None:
            self.stamps: list[float] = []

        def put(self, value: Any) -> None:
            self.stamps.append(time.perf_counter())

        def end(self) -> None:
            pass

    def run() -> dict[str, float]:
        clock = Clock()
        submitted = time.perf_counter()
        model.generate(
            **ids, max_new_tokens=NEW_TOKENS, min_new_tokens=NEW_TOKENS, do_sample=False, streamer=clock, pad_token_id=0
        )
        return _rates(clock.stamps[1:], submitted)  # the first "token" is the prompt

    return run


def torch_translate(folder: str) -> Run:
    """PyTorch eager mode through transformers' generate."""
    import torch
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    torch.set_num_threads(_cores())
    model = AutoModelForSeq2SeqLM.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)

    def run() -> dict[str, float]:
        submitted = time.perf_counter()
        with torch.inference_mode():
            ids = tokenizer(SENTENCE, return_tensors="pt", return_token_type_ids=False)
            out = model.generate(
                **ids, num_beams=1, do_sample=False, max_new_tokens=TRANSLATED_TOKENS, min_new_tokens=TRANSLATED_TOKENS
            )
            tokenizer.decode(out[0])
        latency = time.perf_counter() - submitted
        return {
            "latency_s": latency,
            "tokens": out.shape[1] - 1,
            "answer_tokens_per_s": (out.shape[1] - 1) / latency,
        }

    return run


def ctranslate2(folder: str) -> Run:
    """CTranslate2 at int8, greedy."""
    import ctranslate2 as engine
    from tokenizers import Tokenizer

    target = Path(folder).parent / (Path(folder).name + "-ct2")
    if not (target / "model.bin").is_file():
        engine.converters.TransformersConverter(folder).convert(str(target), quantization="int8", force=True)
    translator = engine.Translator(str(target), compute_type="int8", intra_threads=_cores(), inter_threads=1)
    tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))

    def run() -> dict[str, float]:
        submitted = time.perf_counter()
        result = translator.translate_batch(
            [tokenizer.encode(SENTENCE).tokens],
            beam_size=1,
            max_decoding_length=TRANSLATED_TOKENS,
            min_decoding_length=TRANSLATED_TOKENS,
        )
        tokens = result[0].hypotheses[0]
        tokenizer.decode([tokenizer.token_to_id(token) or 0 for token in tokens])
        latency = time.perf_counter() - submitted
        return {"latency_s": latency, "tokens": len(tokens), "answer_tokens_per_s": len(tokens) / latency}

    return run


def bare_classifier(folder: str, precision: str) -> Run:
    """The tokenizers library and InferenceSession.run, nothing around them."""
    import numpy as np
    import onnxruntime
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _cores()
    name = "model.onnx" if precision == "fp32" else f"model_{precision}.onnx"
    session = onnxruntime.InferenceSession(
        str(Path(folder) / "onnx" / name), options, providers=["CPUExecutionProvider"]
    )
    tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    wanted = {port.name for port in session.get_inputs()}

    def once() -> dict[str, float]:
        submitted = time.perf_counter()
        encoded = tokenizer.encode(BERT_TEXT)
        feeds = {
            "input_ids": np.array([encoded.ids], np.int64),
            "attention_mask": np.array([encoded.attention_mask], np.int64),
            "token_type_ids": np.array([encoded.type_ids], np.int64),
        }
        session.run(None, {key: value for key, value in feeds.items() if key in wanted})
        return {"latency_s": time.perf_counter() - submitted}

    return lambda: _median([once() for _ in range(CLASSIFICATIONS)])


ENGINES: dict[str, Callable[..., Run]] = {
    "studio": studio,
    "onnxruntime-genai": genai,
    "llama.cpp": llama_cpp,
    "optimum": ort_generate,
    "pytorch": torch_translate,
    "ctranslate2": ctranslate2,
    "bare": bare_classifier,
    "studio rows": studio_rows,
    "pipeline": pipeline_rows,
}


def main() -> None:
    """Open the engine named on the command line and answer until standard input ends."""
    name, *arguments = sys.argv[1:]
    run = ENGINES[name](*arguments)
    run()  # warm-up: kernels, buffers, page faults
    print("{}", flush=True)
    for line in sys.stdin:
        if line.strip() == "end":
            break
        print(json.dumps(run()), flush=True)


if __name__ == "__main__":
    main()
