/* Calls a second, and the memory of the process, over 10,000 calls of a small query, one after the other:
 * `./calls metric_service.wasm 127.0.0.1:9090 [CALLS]`. */
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "metric.h"

static long mebibytes(void) {
    long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (!statm || fscanf(statm, "%*d %ld", &pages) != 1) pages = 0;
    if (statm) fclose(statm);
    return pages * sysconf(_SC_PAGESIZE) >> 20;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
    if (count < 3) return fprintf(stderr, "usage: calls metric_service.wasm HOST:PORT [CALLS]\n"), 2;
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
    int calls = count > 3 ? atoi(arguments[3]) : 10000;
    double begin = 0;
    /* The first is not measured: it brings in what all of them use. */
    for (int call = 0; call <= calls; call++) {
        char *answer = metric_call(plugin, "query-metric", request, &error);
        if (!answer || strncmp(answer, "{\"result\"", 9)) return fprintf(stderr, "%s\n", answer ? answer : error), 1;
        metric_free(answer);
        if (call == 0) begin = seconds();
        if (calls < 4 || call % (calls / 4) == 0) printf("%d: %ld MiB\n", call, mebibytes());
    }
    printf("%.0f calls/s\n", calls / (seconds() - begin));
    metric_unload(plugin);
}
