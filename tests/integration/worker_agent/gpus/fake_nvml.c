/* Stands for NVIDIA's libnvidia-ml.so.1: the functions that the agent calls, as nvml.h has them.
 *
 * The folder that FAKE_NVML names says what there is; without it there is no device.
 *   devices     a line `UUID|MODEL|BYTES` each
 *   xids        a line `UUID NUMBER` each, appended as the driver reports them
 *   <UUID>      what is wrong with a device: `lost`, `hang`, `ecc 2`, `rows`; or what it does, as
 *               `busy 75 1024`: per cent of its time, and bytes of memory
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SUCCESS = 0, NOT_SUPPORTED = 3, NOT_FOUND = 6, DRIVER_NOT_LOADED = 9, TIMEOUT = 10, LOST = 15 };
enum { MOST = 16, LINE = 256 };

typedef struct { char uuid[96], model[96]; unsigned long long memory; int watched; } Device;
typedef struct { Device *device; unsigned long long type, data; unsigned gpu, compute; } Event;
typedef struct { unsigned long long total, free, used; } Memory;
typedef struct { unsigned gpu, memory; } Utilization;

static Device devices[MOST];
static unsigned count;
static long read_to;

static FILE *open_file(const char *name) {
    char path[4096];
    const char *folder = getenv("FAKE_NVML");
    if (!folder) return NULL;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return fopen(path, "r");
}

static int state_of(const Device *device, char *state) {
    FILE *file = open_file(device->uuid);
    state[0] = 0;
    if (!file) return SUCCESS;
    if (!fgets(state, LINE, file)) state[0] = 0;
    fclose(file);
    return SUCCESS;
}

/* As the kernel does: who asks a device that hangs waits until it does not any more. */
static int ask(const Device *device, char *state) {
    for (state_of(device, state); !strncmp(state, "hang", 4); state_of(device, state)) usleep(5000);
    return strncmp(state, "lost", 4) ? SUCCESS : LOST;
}

int nvmlInitWithFlags(unsigned flags) {
    char line[LINE];
    FILE *file = open_file("broken");
    (void)flags;
    if (file) { fclose(file); return DRIVER_NOT_LOADED; }
    count = 0;
    if (!(file = open_file("devices"))) return SUCCESS;
    while (count < MOST && fgets(line, sizeof line, file)) {
        Device *made = &devices[count];
        if (sscanf(line, "%95[^|]|%95[^|]|%llu", made->uuid, made->model, &made->memory) == 3) {
            made->watched = 0;
            count++;
        }
    }
    fclose(file);
    return SUCCESS;
}
int nvmlInit_v2(void) { return nvmlInitWithFlags(0); }
int nvmlShutdown(void) { return SUCCESS; }
const char *nvmlErrorString(int status) {
    switch (status) {
    case NOT_FOUND: return "Not Found";
    case DRIVER_NOT_LOADED: return "Driver Not Loaded";
    case LOST: return "GPU is lost";
    default: return "Unknown Error";
    }
}
int nvmlSystemGetDriverVersion(char *text, unsigned size) {
    snprintf(text, size, "580.65.06");
    return SUCCESS;
}
int nvmlDeviceGetCount_v2(unsigned *found) { *found = count; return SUCCESS; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, Device **device) {
    char state[LINE];
    *device = &devices[index];
    return ask(*device, state);
}
int nvmlDeviceGetHandleByUUID(const char *uuid, Device **device) {
    for (unsigned i = 0; i < count; i++)
        if (!strcmp(devices[i].uuid, uuid)) { *device = &devices[i]; return SUCCESS; }
    return NOT_FOUND;
}
int nvmlDeviceGetUUID(Device *device, char *text, unsigned size) {
    snprintf(text, size, "%s", device->uuid);
    return SUCCESS;
}
int nvmlDeviceGetName(Device *device, char *text, unsigned size) {
    snprintf(text, size, "%s", device->model);
    return SUCCESS;
}
int nvmlDeviceGetMemoryInfo(Device *device, Memory *memory) {
    char state[LINE];
    int status = ask(device, state);
    memory->used = 0;
    sscanf(state, "busy %*u %llu", &memory->used);
    memory->total = device->memory;
    memory->free = memory->total - memory->used;
    return status;
}
int nvmlDeviceGetUtilizationRates(Device *device, Utilization *rates) {
    char state[LINE];
    int status = ask(device, state);
    rates->gpu = rates->memory = 0;
    sscanf(state, "busy %u", &rates->gpu);
    return strstr(device->model, "T4") ? NOT_SUPPORTED : status;
}
int nvmlDeviceGetMigMode(Device *device, unsigned *now, unsigned *next) {
    char state[LINE];
    state_of(device, state);
    if (strstr(device->model, "T4")) return NOT_SUPPORTED;
    *now = *next = !strncmp(state, "mig", 3);
    return SUCCESS;
}
int nvmlDeviceGetTotalEccErrors(Device *device, int kind, int counter, unsigned long long *errors) {
    char state[LINE];
    int status = ask(device, state);
    *errors = 0;
    if (strstr(device->model, "T4")) return NOT_SUPPORTED;
    if (kind == 1 && counter == 0) sscanf(state, "ecc %llu", errors);
    return status;
}
int nvmlDeviceGetRemappedRows(Device *device, unsigned *right, unsigned *wrong, unsigned *pending, unsigned *failed) {
    char state[LINE];
    int status = ask(device, state);
    *right = *wrong = *pending = 0;
    *failed = !strncmp(state, "rows", 4);
    return status;
}
int nvmlDeviceGetSupportedEventTypes(Device *device, unsigned long long *types) {
    (void)device;
    *types = 0x1f;
    return SUCCESS;
}
int nvmlEventSetCreate(void **set) { read_to = 0; *set = &read_to; return SUCCESS; }
int nvmlEventSetFree(void *set) { (void)set; return SUCCESS; }
int nvmlDeviceRegisterEvents(Device *device, unsigned long long types, void *set) {
    (void)set;
    device->watched = types == 8;
    return SUCCESS;
}
int nvmlEventSetWait_v2(void *set, Event *event, unsigned milliseconds) {
    char uuid[96];
    unsigned long long xid;
    int status = TIMEOUT;
    FILE *file = open_file("xids");
    (void)set, (void)milliseconds;
    if (!file) { read_to = 0; return TIMEOUT; }
    fseek(file, read_to, SEEK_SET);
    while (status == TIMEOUT && fscanf(file, "%95s %llu", uuid, &xid) == 2) {
        read_to = ftell(file);
        if (nvmlDeviceGetHandleByUUID(uuid, &event->device) == SUCCESS && event->device->watched) {
            event->type = 8;
            event->data = xid;
            status = SUCCESS;
        }
    }
    fclose(file);
    return status;
}
