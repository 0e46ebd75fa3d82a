"""Writes `jinja.json`: templates of presets, and what Jinja makes of them with the settings of Backend.AI's manager.

Run it where jinja2 is: `python3 jinja.py` writes the table, `python3 jinja.py --check` holds the committed one to it. The
unit tests of `guest/src/domain/preset` read the table; they need no Python.

Jinja, sandboxed, with `${{` and `}}`, accepts literal text and names that it is given. It knows no PromQL: that a name
stands in a string or a comment is not seen. Where the plugin accepts a template as well, it has to make the same text of it,
but for the commas beside a placeholder of which nothing is filled in.
"""

import itertools
import json
import pathlib
import random
import re
import sys

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

TABLE = pathlib.Path(__file__).with_name("jinja.json")
JINJA = ImmutableSandboxedEnvironment(
    variable_start_string="${{", variable_end_string="}}", undefined=StrictUndefined)
PLAIN = {nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name}

CONTAINER = "backendai_container_utilization"
#: The shapes of the presets that a manager is seeded with, by the metrics and aggregations that there are of each.
SEEDED = [
    ("{by}({metric}{{${{{{labels}}}}}})", [
        (CONTAINER, "sum avg max min"), ("vllm:num_requests_running", "sum avg max"),
        ("vllm:num_requests_waiting", "sum avg max"), ("vllm:gpu_cache_usage_perc", "avg max min")]),
    ("{by}(rate({metric}{{${{{{labels}}}}}}[${{{{window}}}}]))", [
        (CONTAINER, "sum avg max min"), ("vllm:request_success_total", "sum avg max")]),
    ("{by}(rate({metric}_sum{{${{{{labels}}}}}}[${{{{window}}}}])"
     " / rate({metric}_count{{${{{{labels}}}}}}[${{{{window}}}}]))", [
        ("vllm:e2e_request_latency_seconds", "avg max")]),
]

#: What is filled in: nothing; plain values; values that have to be quoted, several of them as alternatives.
ARGUMENTS = [
    {"filters": {}, "group_by": [], "window": "5m"},
    {"filters": {"kernel_id": ["k-1"], "value_type": ["current"]}, "group_by": ["kernel_id"], "window": "90s"},
    {"filters": {"a": ['x"} or {b="'], "b": ["c\\d\ne"], "session_id": ["s-1", "s.2", "s|3"]},
     "group_by": ["session_id", "agent_id"], "window": "1h30m"},
]


def seeded():
    for shape, metrics in SEEDED:
        for metric, aggregations in metrics:
            for name in aggregations.split():
                yield shape.format(by=name + " by (${{group_by}})", metric=metric)


def spaced(draw, name):
    return "${{" + draw.choice(["", "", " ", "  "]) + name + draw.choice(["", "", " "]) + "}}"


def selector(draw):
    matchers = [draw.choice(['a="b"', 'c!="}"', "d=~'[{,]'", 'e!~"f|g"']) for _ in range(draw.randrange(3))]
    if draw.random() < 0.8:
        matchers.insert(draw.randrange(len(matchers) + 1), spaced(draw, "labels"))
    comma = draw.choice([",", ", ", " ,"])
    return draw.choice(["m", "n:o", "p_total"]) + "{" + comma.join(matchers) + draw.choice(["", "", ","]) + "}"


def expression(draw, depth=2):
    if depth == 0:
        return selector(draw)
    inner, other = expression(draw, depth - 1), expression(draw, depth - 1)
    window, group_by = spaced(draw, "window"), spaced(draw, "group_by")
    return draw.choice([
        f"rate({selector(draw)}[{window}])",
        f"max_over_time({selector(draw)}[{window}:1m])",
        f"avg_over_time(({inner})[1h:{window}])",
        f"{selector(draw)} offset {window}",
        f"sum by ({group_by}) ({inner})",
        f"max without({group_by})({inner})",
        f"sum by (le, {group_by})({inner})",
        f"({inner}) / on(a) ({other})",
        f"({inner}) # {draw.choice(['why', '{', 'a {% b'])}\n + 1",
        f"{inner} > bool 0.5",
        f"label_replace({inner}, \"x\", \"$1\", \"y\", \"(.*)\")",
    ])


def random_templates(count):
    draw = random.Random(20260105)
    for _ in range(count):
        yield expression(draw) + draw.choice(["", "", "\n"])


#: What Jinja accepts and PromQL is broken by, or broken out of.
UNSAFE = [
    'm{a="${{labels}}"}', "m # ${{labels}}", "m ${{labels}}", "m${{labels}}", "m{a=${{labels}}}", "m[1${{window}}]",
    "m offset ${{window}}s", "sum(${{group_by}})", "sum by (a ${{group_by}})(m)", "${{window}}", "m{${{- labels -}}}",
    "m{# gone #}{${{labels}}}", "m{${{group_by}}}", "m[${{labels}}]", 'm{a=`${{labels}}`}', "m{a='${{window}}'}",
]
#: What both refuse.
REFUSED = ["", " \n", "m{${{label}}}", "m{${{labels | upper}}}", "m{${{labels}", "{% if labels %}${{labels}}{% endif %}",
           "m{${{labels.x}}}", "${{1}}"]


def accepts(template):
    """As the manager validates: literal text and known names, which render."""
    if not template.strip():
        return False
    try:
        found = set(map(type, JINJA.parse(template).find_all(nodes.Node))) | {nodes.Template}
        JINJA.from_string(template).render(labels="", window="", group_by="")
    except TemplateError:
        return False
    return found <= PLAIN


def quoted(text):
    for character, escaped in [("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r")]:
        text = text.replace(character, escaped)
    return f'"{text}"'


def matcher(label, values):
    if len(values) == 1:
        return f"{label}={quoted(values[0])}"
    return f"{label}=~{quoted('|'.join(re.escape(value).replace(chr(92) + '-', '-') for value in values))}"


def rendered(template, arguments):
    return JINJA.from_string(template).render(
        labels=",".join(itertools.starmap(matcher, arguments["filters"].items())),
        window=arguments["window"], group_by=",".join(sorted(arguments["group_by"])))


def case(template):
    accepted = accepts(template)
    texts = [rendered(template, arguments) for arguments in ARGUMENTS] if accepted else None
    return {"template": template, "rendered": texts}


def table():
    def cases(templates):
        return [case(template) for template in templates]

    return {"arguments": ARGUMENTS, "seeded": cases(seeded()), "random": cases(random_templates(160)),
            "unsafe": cases(UNSAFE), "refused": cases(REFUSED)}


def main():
    text = json.dumps(table(), indent=0) + "\n"
    if "--check" not in sys.argv[1:]:
        TABLE.write_text(text, encoding="utf-8")
    elif TABLE.read_text(encoding="utf-8") != text:
        sys.exit(f"{TABLE} is not what this Jinja makes of its templates")


if __name__ == "__main__":
    main()
