"""The codec with httpx: what is sent is what the codec says, credentials are the client's, failures are typed."""

import httpx
from conftest import END, START
from kit.cases import Case, has_records, load_cases, sends
from kit.left_out import HTTPX, playable
from kit.play import play_over_httpx
from kit.scripted import ScriptedPrometheus

from metric_service import Codec, Config, MetricQuery, Plugin
from metric_service.over_httpx import HttpxService

QUERY = MetricQuery("mem", START, END)
EMPTY = '{"status":"success","data":{"resultType":"matrix","result":[]}}'

WITH_IO = [case for case in load_cases() if has_records(case) and sends(case)]


@playable(WITH_IO, HTTPX)
def test_the_cases_with_io(case: Case, codec_plugin: Plugin) -> None:
    differences = play_over_httpx(case, codec_plugin)
    assert not differences, "\n".join([case["about"], *differences])


def test_what_goes_out_is_what_the_codec_says(codec_plugin: Plugin) -> None:
    body = {"body": '{"status":"success","data":[]}'}
    with ScriptedPrometheus([body]) as prometheus, httpx.Client(trust_env=False) as client:
        codec = Codec(codec_plugin, Config(f"http://{prometheus.authority}/a-prefix/"))
        HttpxService(codec, client).query_metadata()
        assert prometheus.sent[0]["path-with-query"] == codec.metadata_request().path_with_query
        assert "%5B%5D=" in prometheus.sent[0]["path-with-query"]


def test_credentials_are_added_by_the_client(codec_plugin: Plugin) -> None:
    with (
        ScriptedPrometheus([{"body": EMPTY}]) as prometheus,
        httpx.Client(trust_env=False, auth=("reader", "secret")) as client,
    ):
        HttpxService(Codec(codec_plugin, Config(prometheus.authority)), client).query_metric(QUERY)
        assert prometheus.sent[0]["headers"]["authorization"].startswith("Basic ")
