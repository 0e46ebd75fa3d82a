/* The Metric Service plugin in C: verbs by their names, one JSON text in and one out.
 *
 * The texts are those of the interfaces `json` and `json-codec`, described by
 * `wit/schema/metric-service.schema.json`: a request such as
 *
 *     {"config": {"address": "127.0.0.1:9090"}, "query": {"metric_name": "mem", "start": "2026-01-05", "end": "2026-01-06"}}
 *
 * and an answer that is {"result": …} or {"error": …}. All texts are UTF-8 and end with a NUL. What a function gives
 * is the caller's, to be freed with `metric_free`.
 *
 * A plugin may be shared between threads: each call runs in a fresh instance. After a `fork`, load it in the child,
 * and in the parent not before.
 */
#ifndef METRIC_H
#define METRIC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A loaded plugin. */
typedef struct metric_plugin metric_plugin;

/* What one call may use. Zero: the default. */
typedef struct metric_limits {
    /* Linear memory, in bytes. By default 512 MiB. */
    int64_t memory_bytes;
    /* How long wasm may compute, to a second; waiting for Prometheus does not count. By default 60. */
    uint32_t compute_seconds;
} metric_limits;

/* Compiles a component, which is the whole cost of loading it: keep it. `limits` may be NULL.
 * NULL where it cannot be used; `*error` then says why. */
metric_plugin *metric_load(const uint8_t *wasm, size_t length, const metric_limits *limits, char **error);

/* Calls a verb of `metric_service.wasm`, such as "query-metric", which sends its requests itself, to anywhere.
 * NULL where the plugin broke; `*error` then says how. What Prometheus or the caller did wrong is in the answer. */
char *metric_call(const metric_plugin *plugin, const char *verb, const char *request, char **error);

/* Calls a verb without I/O of either component, such as "metric-request", or "metric-response", whose `body` is what
 * came from Prometheus, `body_length` bytes of it. For all others there is none. */
char *metric_codec_call(const metric_plugin *plugin, const char *verb, const char *request, const char *body,
                        size_t body_length, char **error);

/* Frees a text. */
void metric_free(char *text);

/* Frees a plugin that no call is using. */
void metric_unload(metric_plugin *plugin);

#ifdef __cplusplus
}
#endif

#endif
