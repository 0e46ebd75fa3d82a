/* `metric.h` on wasmtime's C API. */
#define _GNU_SOURCE
#include "metric.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <wasi.h>
#include <wasm.h>
#include <wasmtime.h>
#include <wasmtime/component.h>

#define JSON "backendai:metric/json@0.2.0"
#define JSON_CODEC "backendai:metric/json-codec@0.2.0"

static const int64_t MEMORY_BYTES = 512LL << 20;
static const uint32_t COMPUTE_SECONDS = 60;
/* How often a computing call is looked at. */
static const long TICK_NANOS = 250000000;

/* What may be imported (`wit/world.wit`); all of WASI is linked, and this is what keeps the rest out. */
static const char *const ALLOWED_IMPORTS[] = {"wasi:clocks/monotonic-clock", "wasi:http/outgoing-handler",
                                              "wasi:http/types",             "wasi:io/error",
                                              "wasi:io/poll",                "wasi:io/streams"};

struct metric_plugin {
    metric_limits limits;
    wasm_engine_t *engine;
    wasmtime_component_t *component;
    wasmtime_component_linker_t *linker;
    bool has_imports;
    /* `call` of either interface; NULL where the component has it not. */
    wasmtime_component_export_index_t *json, *json_codec;
    /* Advances the engine's epoch until the plugin is unloaded. */
    pthread_t clock;
    bool has_clock, is_over;
    pthread_mutex_t lock;
    pthread_cond_t over;
};

static char *text(const char *from, size_t length) {
    char *copy = malloc(length + 1);
    if (copy) {
        memcpy(copy, from, length);
        copy[length] = '\0';
    }
    return copy;
}

static void say(char **error, const char *what) {
    if (error) *error = text(what, strlen(what));
}

/* Whether there is an error: said, and freed. */
static bool failed(wasmtime_error_t *failure, char **error) {
    if (!failure) return false;
    wasm_name_t message;
    wasmtime_error_message(failure, &message);
    if (error) *error = text(message.data, message.size);
    wasm_byte_vec_delete(&message);
    wasmtime_error_delete(failure);
    return true;
}

static void *tick(void *data) {
    metric_plugin *plugin = data;
    pthread_mutex_lock(&plugin->lock);
    while (!plugin->is_over) {
        struct timespec next;
        clock_gettime(CLOCK_REALTIME, &next);
        next.tv_nsec += TICK_NANOS;
        next.tv_sec += next.tv_nsec / 1000000000;
        next.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&plugin->over, &plugin->lock, &next);
        wasmtime_engine_increment_epoch(plugin->engine);
    }
    pthread_mutex_unlock(&plugin->lock);
    return NULL;
}

/* When a call's thread has used up its time; in nanoseconds of its own. */
typedef struct computing {
    int64_t end;
} computing;

static int64_t thread_nanos(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static wasmtime_error_t *look(const wasmtime_context_t *context, void *data, uint64_t *ticks,
                              wasmtime_update_deadline_kind_t *then) {
    (void)context;
    const computing *call = data;
    if (thread_nanos() > call->end) return wasmtime_error_new("the plugin computed for longer than it may");
    *ticks = 1;
    *then = WASMTIME_UPDATE_DEADLINE_CONTINUE;
    return NULL;
}

static wasmtime_component_export_index_t *find_call(const wasmtime_component_t *component, const char *interface) {
    wasmtime_component_export_index_t *found =
        wasmtime_component_get_export_index(component, NULL, interface, strlen(interface));
    if (!found) return NULL;
    wasmtime_component_export_index_t *call = wasmtime_component_get_export_index(component, found, "call", 4);
    wasmtime_component_export_index_delete(found);
    return call;
}

/* Whether it imports only what it may. */
static bool check_imports(metric_plugin *plugin, char **error) {
    wasmtime_component_type_t *type = wasmtime_component_type(plugin->component);
    size_t count = wasmtime_component_type_import_count(type, plugin->engine);
    bool allowed = true;
    for (size_t n = 0; allowed && n < count; n++) {
        const char *name;
        size_t length;
        wasmtime_component_extern_t *item;
        if (!wasmtime_component_type_import_nth(type, plugin->engine, n, &name, &length, &item)) break;
        const char *version = memchr(name, '@', length);
        size_t bare = version ? (size_t)(version - name) : length;
        allowed = false;
        for (size_t each = 0; each < sizeof ALLOWED_IMPORTS / sizeof *ALLOWED_IMPORTS; each++)
            allowed |= strlen(ALLOWED_IMPORTS[each]) == bare && !memcmp(ALLOWED_IMPORTS[each], name, bare);
        if (!allowed) {
            char said[256];
            snprintf(said, sizeof said, "the plugin imports what it may not: %.*s", (int)length, name);
            say(error, said);
        }
        wasmtime_component_extern_delete(item);
    }
    plugin->has_imports = count > 0;
    wasmtime_component_type_delete(type);
    return allowed;
}

static bool prepare(metric_plugin *plugin, const uint8_t *wasm, size_t length, char **error) {
    wasm_config_t *config = wasm_config_new();
    wasmtime_config_epoch_interruption_set(config, true);
    plugin->engine = wasm_engine_new_with_config(config);
    if (failed(wasmtime_component_new(plugin->engine, wasm, length, &plugin->component), error)) return false;
    if (!check_imports(plugin, error)) return false;
    plugin->linker = wasmtime_component_linker_new(plugin->engine);
    if (plugin->has_imports && (failed(wasmtime_component_linker_add_wasip2(plugin->linker), error) ||
                                failed(wasmtime_component_linker_add_wasi_http(plugin->linker), error)))
        return false;
    plugin->json = find_call(plugin->component, JSON);
    plugin->json_codec = find_call(plugin->component, JSON_CODEC);
    if (!plugin->json && !plugin->json_codec) {
        say(error, "the component has neither " JSON " nor " JSON_CODEC);
        return false;
    }
    plugin->has_clock = pthread_create(&plugin->clock, NULL, tick, plugin) == 0;
    if (!plugin->has_clock) say(error, "no thread can be started");
    return plugin->has_clock;
}

metric_plugin *metric_load(const uint8_t *wasm, size_t length, const metric_limits *limits, char **error) {
    if (error) *error = NULL;
    metric_plugin *plugin = calloc(1, sizeof *plugin);
    if (!plugin) {
        say(error, "out of memory");
        return NULL;
    }
    if (limits) plugin->limits = *limits;
    if (!plugin->limits.memory_bytes) plugin->limits.memory_bytes = MEMORY_BYTES;
    if (!plugin->limits.compute_seconds) plugin->limits.compute_seconds = COMPUTE_SECONDS;
    pthread_mutex_init(&plugin->lock, NULL);
    pthread_cond_init(&plugin->over, NULL);
    if (plugin->limits.memory_bytes < 0) {
        say(error, "memory_bytes is negative");
    } else if (prepare(plugin, wasm, length, error)) {
        return plugin;
    }
    metric_unload(plugin);
    return NULL;
}

void metric_unload(metric_plugin *plugin) {
    if (!plugin) return;
    if (plugin->has_clock) {
        pthread_mutex_lock(&plugin->lock);
        plugin->is_over = true;
        pthread_cond_signal(&plugin->over);
        pthread_mutex_unlock(&plugin->lock);
        pthread_join(plugin->clock, NULL);
    }
    if (plugin->json) wasmtime_component_export_index_delete(plugin->json);
    if (plugin->json_codec) wasmtime_component_export_index_delete(plugin->json_codec);
    if (plugin->linker) wasmtime_component_linker_delete(plugin->linker);
    if (plugin->component) wasmtime_component_delete(plugin->component);
    if (plugin->engine) wasm_engine_delete(plugin->engine);
    pthread_cond_destroy(&plugin->over);
    pthread_mutex_destroy(&plugin->lock);
    free(plugin);
}

/* Whether a text is UTF-8; wasmtime's API ends the process over one that is not. */
static bool is_utf8(const wasm_byte_vec_t *given) {
    const uint8_t *at = (const uint8_t *)given->data, *end = at + given->size;
    while (at < end) {
        uint8_t first = *at++;
        if (first < 0x80) continue;
        int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
        if (first < 0xC2 || first > 0xF4 || end - at < more) return false;
        /* The second byte is what tells overlong forms, surrogates, and what is beyond Unicode. */
        uint8_t least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
        uint8_t most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
        if (*at < least || *at > most) return false;
        for (at++; --more; at++)
            if ((*at & 0xC0) != 0x80) return false;
    }
    return true;
}

/* Calls in a store; the answer, or NULL with the error said. */
static char *call_in(wasmtime_store_t *store, const metric_plugin *plugin,
                     const wasmtime_component_export_index_t *index, const wasm_byte_vec_t *texts, size_t count,
                     char **error) {
    wasmtime_context_t *context = wasmtime_store_context(store);
    if (plugin->has_imports) {
        /* Nothing is inherited: no arguments, environment, files or standard streams. */
        if (failed(wasmtime_context_set_wasi(context, wasi_config_new()), error)) return NULL;
        wasmtime_context_set_wasi_http(context);
    }
    wasmtime_component_instance_t instance;
    if (failed(wasmtime_component_linker_instantiate(plugin->linker, context, plugin->component, &instance), error))
        return NULL;
    wasmtime_component_func_t function;
    if (!wasmtime_component_instance_get_func(&instance, context, index, &function)) {
        say(error, "`call` is not a function");
        return NULL;
    }
    wasmtime_component_val_t arguments[3], result = {0};
    for (size_t n = 0; n < count; n++) {
        arguments[n].kind = WASMTIME_COMPONENT_STRING;
        wasm_byte_vec_copy(&arguments[n].of.string, &texts[n]);
    }
    bool broke = failed(wasmtime_component_func_call(&function, context, arguments, count, &result, 1), error);
    for (size_t n = 0; n < count; n++) wasmtime_component_val_delete(&arguments[n]);
    if (broke) return NULL;
    char *answer = text(result.of.string.data, result.of.string.size);
    if (!answer) say(error, "out of memory");
    wasmtime_component_val_delete(&result);
    return answer;
}

static char *call(const metric_plugin *plugin, const wasmtime_component_export_index_t *index,
                  const wasm_byte_vec_t *texts, size_t count, char **error) {
    if (error) *error = NULL;
    if (!index) {
        say(error, "the component does not export " JSON ": it is a codec");
        return NULL;
    }
    for (size_t n = 0; n < count; n++) {
        if (!is_utf8(&texts[n])) {
            say(error, "an argument is not UTF-8");
            return NULL;
        }
    }
    computing left = {.end = thread_nanos() + plugin->limits.compute_seconds * 1000000000LL};
    wasmtime_store_t *store = wasmtime_store_new(plugin->engine, NULL, NULL);
    wasmtime_store_limiter(store, plugin->limits.memory_bytes, -1, -1, -1, -1);
    wasmtime_store_epoch_deadline_callback(store, look, &left, NULL);
    wasmtime_context_set_epoch_deadline(wasmtime_store_context(store), 1);
    char *answer = call_in(store, plugin, index, texts, count, error);
    wasmtime_store_delete(store);
    return answer;
}

/* A text that is only looked at. */
static wasm_byte_vec_t view(const char *from, size_t length) {
    return (wasm_byte_vec_t){.size = length, .data = (char *)from};
}

char *metric_call(const metric_plugin *plugin, const char *verb, const char *request, char **error) {
    const wasm_byte_vec_t texts[] = {view(verb, strlen(verb)), view(request, strlen(request))};
    return call(plugin, plugin->json, texts, 2, error);
}

char *metric_codec_call(const metric_plugin *plugin, const char *verb, const char *request, const char *body,
                        size_t body_length, char **error) {
    const wasm_byte_vec_t texts[] = {view(verb, strlen(verb)), view(request, strlen(request)), view(body, body_length)};
    return call(plugin, plugin->json_codec, texts, 3, error);
}

void metric_free(char *text) { free(text); }
