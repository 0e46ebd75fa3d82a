/* Asks Prometheus: `./example metric_service.wasm 127.0.0.1:9090`. */
#include <stdio.h>
#include <stdlib.h>

#include "metric.h"

int main(int count, char **arguments) {
    if (count != 3) return fprintf(stderr, "usage: example metric_service.wasm HOST:PORT\n"), 2;
    FILE *file = fopen(arguments[1], "rb");
    if (!file) return perror(arguments[1]), 1;
    static uint8_t wasm[8 << 20];
    size_t length = fread(wasm, 1, sizeof wasm, file);
    fclose(file);

    char *error, request[512];
    metric_plugin *plugin = metric_load(wasm, length, NULL, &error);
    if (!plugin) return fprintf(stderr, "%s\n", error), 1;
    snprintf(request, sizeof request,
             "{\"config\": {\"address\": \"%s\"}, \"query\": {\"metric_name\": \"mem\", \"start\": \"2026-01-05\","
             " \"end\": \"2026-01-05T01:00:00Z\", \"step\": 1800, \"labels\": {\"value_type\": \"capacity\"}}}",
             arguments[2]);
    char *answer = metric_call(plugin, "query-metric", request, &error);
    puts(answer ? answer : error);
    metric_free(answer ? answer : error);
    metric_unload(plugin);
    return answer ? 0 : 1;
}
