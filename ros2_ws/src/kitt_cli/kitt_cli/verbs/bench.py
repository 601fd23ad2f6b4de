"""kitt bench: speed as ratios, measured in one run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(help="Speed as ratios, measured in one run.", no_args_is_help=True)

_AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]


@app.callback()
def group() -> None:
    """Speed as ratios, measured in one run."""


@app.command()
def perception(
    seconds: Annotated[float, typer.Option(min=0.5, help="Time for each contestant in each round.")] = 5.0,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; the median of their ratios counts.")] = 3,
    images: Annotated[Path | None, typer.Option(help="A folder of photographs; without it, drawn shapes.")] = None,
    model: Annotated[str, typer.Option(help="auto, a name of `kitt models list`, a card or an ONNX file.")] = "auto",
    backend: Annotated[str, typer.Option(help="auto or a backend's name.")] = "auto",
    threads: Annotated[int, typer.Option(min=0, help="Threads of the network; 0: as the node, all cores but one.")] = 0,
    as_json: _AsJson = False,
) -> None:
    """The bare network against the detector library, the node over ROS, OpenCV's dnn and torch in eager mode."""
    from kitt_cli.bench.perception import Plan, bench_perception
    from kitt_perception.pipeline import spare_threads

    result = bench_perception(Plan(seconds, rounds, images, model, backend, threads or spare_threads()), _tell)
    if as_json:
        print(json.dumps(result))
    else:
        _show_perception(result)


@app.command()
def engines(
    model: Annotated[str, typer.Option(help="auto, a name of `kitt models list`, a card or an ONNX file.")] = "auto",
    seconds: Annotated[float, typer.Option(min=0.05, help="Time for each contestant in each round.")] = 2.0,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds in which the contestants take turns.")] = 3,
    as_json: _AsJson = False,
) -> None:
    """A network on every backend and TensorRT engine of this machine: latency, throughput, times as fast as the CPU."""
    from kitt_cli.bench.engines import bench_engines

    result = bench_engines(model, seconds, rounds, _tell)
    if as_json:
        print(json.dumps(result))
        return
    from rich.console import Console
    from rich.table import Table

    console, about = Console(), result["machine"]
    console.print(f"{result['model']['name']}; {about['processor']}; GPU: {about['gpu']}", highlight=False)
    table = Table("", "p50, ms", "p95, ms", "Hz", "times as fast", "runs")
    for name, row in result["engines"].items():
        figures = [f"{row[key]:.2f}" for key in ("p50_ms", "p95_ms", "hz", "times_as_fast")]
        table.add_row(name, *figures, str(row["count"]))
    console.print(table)
    for name, ratio in result["of_the_bare_engine"].items():
        console.print(f"{name}: {ratio:.3f} of the bare engine's speed", highlight=False)
    for name, note in result["notes"].items():
        console.print(f"{name}: {note}", highlight=False)


@app.command()
def transport(
    count: Annotated[int, typer.Option(min=10, help="Pictures to send.")] = 900,
    rate: Annotated[float, typer.Option(min=1.0, max=240.0, help="Pictures a second.")] = 30.0,
    as_json: _AsJson = False,
) -> None:
    """Pictures of 640x480 from one process to another: how many are lost, and their age on arrival."""
    from kitt_cli.bench.perception import bench_transport

    result = bench_transport(count, rate, _tell)
    if as_json:
        print(json.dumps(result))
        return
    age = result["age"]
    print(f"{result['lost']} of {result['sent']} pictures lost")
    print(f"age on arrival: p50 {age.get('p50_ms')} ms, p95 {age.get('p95_ms')} ms")


@app.command()
def speech(
    seconds: Annotated[float, typer.Option(min=0.1, help="Time for each contestant in each round.")] = 2.0,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; the median of their ratios counts.")] = 3,
    audio: Annotated[Path | None, typer.Option(help="A recording to hear; without it, the demo's lines.")] = None,
    model: Annotated[str, typer.Option(help="auto, a folder of models/, a card or an ONNX file.")] = "auto",
    as_json: _AsJson = False,
) -> None:
    """A step of 20 ms of the recogniser, part by part; the network beside its int8 and a numpy LSTM of its size."""
    from kitt_cli.bench.speech import bench_speech

    result = bench_speech(seconds, rounds, model, audio, _tell)
    if as_json:
        print(json.dumps(result))
    else:
        _show_speech(result)


@app.command()
def echo(
    trials: Annotated[int, typer.Option(min=1, help="How many words over KITT's voice, each in another room.")] = 60,
    manifest: Annotated[
        Path | None, typer.Option(help="A CSV of recordings (path, label, language); without it, the demo's «stop».")
    ] = None,
    seed: Annotated[int, typer.Option(help="Chooses the order of the recordings, and the rooms.")] = 0,
    as_json: _AsJson = False,
) -> None:
    """«Stop» over KITT's own voice, without and with echo cancellation, and with Speex's where pyaec is installed."""
    from kitt_cli.bench.echo import bench_echo

    result = bench_echo(trials, manifest, seed, _tell)
    if as_json:
        print(json.dumps(result))
        return
    from rich.console import Console
    from rich.table import Table

    console, model = Console(), result["model"]
    console.print(f"{result['machine']['processor']}; ears {model['name']} {model['sha256'][:12]}", highlight=False)
    table = Table("cancelled by", f"heard of {trials}", "stopped by its own voice", "weaker, dB", "us a block of 20 ms")
    for name, row in result["cancellers"].items():
        table.add_row(
            name, *(str(row[key]) for key in ("heard", "stopped_by_own_voice", "weakened_db", "us_per_block"))
        )
    console.print(table)
    for name, note in result["notes"].items():
        console.print(f"{name}: {note}", highlight=False)


@app.command()
def stop(
    by: Annotated[
        str, typer.Option(help="speech: recordings into the microphone; text: typed; console: its button.")
    ] = "speech",
    trials: Annotated[int, typer.Option(min=1, help="How often the car is stopped.")] = 100,
    manifest: Annotated[
        Path | None, typer.Option(help="A CSV of recordings (path, label, language); without it, the demo's «stop».")
    ] = None,
    seed: Annotated[int, typer.Option(help="Chooses the order of the recordings.")] = 0,
    whole: Annotated[
        bool, typer.Option("--whole", help="With simulator, camera and detector at work beside it.")
    ] = False,
    talking: Annotated[
        bool, typer.Option("--talking", help="While KITT itself speaks: its voice is in the microphone, too.")
    ] = False,
    as_json: _AsJson = False,
) -> None:
    """From the last sample of «stop» to zero on /cmd_vel: sound server, microphone, recogniser, controller, gate."""
    from kitt_cli.bench.stop import Plan, bench_stop

    result = bench_stop(Plan(by, trials, manifest, seed, whole, talking), _tell)
    if as_json:
        print(json.dumps(result))
        return
    about, target = result["machine"], result["target"]
    model = result["model"]
    print(f"{about['processor']}, {about['cores']} cores, load {about['load_before']}")
    if model:
        print(f"ears {model['name']} {model['sha256'][:12]}")
    while_it_talks = f" while KITT spoke, {result['own_voice_db']:+.0f} dB to the word" if talking else ""
    print(f"{result['heard']} of {result['trials']} stops by {by} were heard{while_it_talks}")
    if result["not_counted"]:
        print(f"{result['not_counted']} more were not counted: something else stopped the car", end="")
        print(f", {result['stopped_by_own_voice']} times KITT's own voice" if talking else "")
    for name in ("to_zero", "to_command", "command_to_zero"):
        row = result[name]
        if row["count"]:
            figures = ", ".join(f"{key[:-3]} {row[key]:.0f} ms" for key in ("p50_ms", "p95_ms", "p99_ms"))
            print(f"{name.replace('_', ' ')}: {figures}, {row['count']} times")
    print(f"at most p95 {target['p95_ms']:g} ms, p99 {target['p99_ms']:g} ms: {'met' if target['met'] else 'missed'}")


@app.command()
def braking(
    times: Annotated[int, typer.Option(min=1, help="How often at each speed.")] = 5,
    as_json: _AsJson = False,
) -> None:
    """The simulated car's way to a stand at three speeds, beside what the safety gate assumes."""
    from kitt_cli.bench.braking import SPEEDS, bench_braking

    result = bench_braking(SPEEDS, times, _tell)
    if as_json:
        print(json.dumps(result))
        return
    print(f"{result['machine']['processor']}, load {result['machine']['load_before']}")
    for row in result["speeds"]:
        print(
            f"{row['speed']:g} m/s: median {row['median_m']:.2f} m, most {row['most_m']:.2f} m of {row['count']}; "
            f"assumed {row['assumed_m']:.2f} m: {'holds' if row['holds'] else 'too short'}"
        )


@app.command()
def console(
    pages: Annotated[int, typer.Option(min=1, max=30, help="Pages that watch.")] = 10,
    slow: Annotated[int, typer.Option(min=0, max=2, help="Pages beside them that read nothing.")] = 1,
    seconds: Annotated[float, typer.Option(min=2.0, help="Time of each of the three turns.")] = 15.0,
    as_json: _AsJson = False,
) -> None:
    """The car in the simulator with nobody and with pages of the console open: what they cost it."""
    from kitt_cli.bench.console import bench_console

    result = bench_console(pages, slow, seconds, _tell)
    if as_json:
        print(json.dumps(result))
        return
    core, rates, ages = result["core_percent"], result["pictures_hz"], result["detection_age"]
    print(f"{result['machine']['processor']}, load {result['load_average'][0]}")
    print(
        f"console: {core['alone']} % of a core alone, {core['watched']} % with {pages} pages: {core['each_page']} each"
    )
    print(f"pictures: {rates['least']} to {rates['most']} a second and page; age {_shown(result['picture_age'])}")
    for name, age in ages.items():
        print(f"age of detections, {name}: {_shown(age)}")


def _shown(age: dict[str, Any]) -> str:
    return f"p50 {age.get('p50_ms')} ms, p95 {age.get('p95_ms')} ms"


@app.command()
def sim(
    seconds: Annotated[float, typer.Option(min=2.0, help="Time for each simulator.")] = 15.0,
    world: Annotated[str, typer.Option(help="A world's name or file.")] = "street",
    as_json: _AsJson = False,
) -> None:
    """The built-in simulator and Gazebo 11: real-time factor, camera rate, processor cores in use."""
    from rich.console import Console

    from kitt_cli import supplies
    from kitt_cli.bench.simulators import bench_simulators

    supplies.fetch_gazebo(Console(stderr=True))
    result = bench_simulators(seconds, world, _tell)
    if as_json:
        print(json.dumps(result))
        return
    for name, row in result["simulators"].items():
        print(
            f"{name}: real-time factor {row['real_time_factor']}, {row['camera_hz']} pictures/s, {row['cores']} cores"
        )


def _show_speech(result: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(f"{result['model']['name']}; {result['machine']['processor']}; {result['audio']}", highlight=False)
    table = Table("", "us a step of 20 ms", "of the whole", "steps")
    for name, spent in result["us_per_step"].items():
        table.add_row(name, f"{spent:.1f}", f"{result['part_of_whole'][name]:.3f}", str(result["steps"][name]))
    console.print(table)
    target, percent = result["target"], result["percent_of_a_core"]
    console.print(
        f"{percent:.2f} % of a core; at most {target['us_per_step']:g} us a step: "
        f"{'met' if target['met'] else 'missed'}",
        highlight=False,
    )
    for name, note in result["notes"].items():
        console.print(f"{name}: {note}", highlight=False)


def _tell(line: str) -> None:
    typer.echo(line, err=True)


def _show_perception(result: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    model = result["model"]
    console.print(f"{model['name']} on {model['backend']}, {result['pictures']}; {result['machine']['processor']}")
    rates = Table("", "Hz", "of the bare network", "runs")
    for name, rate in result["rates"].items():
        ratio = result["ratio_to_session"].get(name, 1.0)
        rates.add_row(name, f"{rate['hz']:.1f}", f"{ratio:.3f}", str(rate["count"]))
    console.print(rates)
    if result["latency"]:
        stages = Table("through ROS", "p50, ms", "p95, ms", "images")
        for name, stage in result["latency"].items():
            stages.add_row(name, f"{stage['p50_ms']:.2f}", f"{stage['p95_ms']:.2f}", str(stage["count"]))
        console.print(stages)
    for name, note in result["notes"].items():
        console.print(f"{name}: {note}", highlight=False)
    target = result["target"]
    console.print(f"through ROS at least {target['through_ros']}: {'met' if target['met'] else 'missed'}")
