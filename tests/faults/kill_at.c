// Kills the process at the n-th write to its database, counted from the moment at which the test says so: a page that is
// written, a file that is flushed. Or fails every write as a full disk does. Preloaded into the process that the tests of
// this folder start; nothing of Lanyard knows of it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// Shared with the test by a file. `left`: writes until the end; none means that nobody counts, fewer than none that the
// disk is full. `dying`: threads at the last of them, counted before they take it, so that a test that stops the count
// knows for certain whether it came too late.
static struct shared {
    atomic_int left, dying;
} *shared;

__attribute__((constructor)) static void begin(void) {
    int file = open("countdown", O_RDWR);
    if (file < 0) return;
    void *mapped = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED) shared = mapped;
}

static int is_database(int file) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return strstr(path, "/lanyard.db") != NULL;
}

static void count(int file) {
    if (!shared || atomic_load(&shared->left) <= 0 || !is_database(file)) return;
    for (int left = atomic_load(&shared->left); left > 0;) {
        int last = left == 1;
        if (last) atomic_fetch_add(&shared->dying, 1);
        if (atomic_compare_exchange_strong(&shared->left, &left, left - 1)) {
            if (!last) return;
            kill(getpid(), SIGKILL);
            for (;;) pause();
        }
        // The test stopped the count, or another thread took this one.
        if (last) atomic_fetch_sub(&shared->dying, 1);
    }
}

static int is_full(int file) {
    return shared && atomic_load(&shared->left) < 0 && is_database(file);
}

#define REAL(name, ...) static __typeof__(__VA_ARGS__) real; if (!real) real = (__typeof__(real))dlsym(RTLD_NEXT, name)

ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t at) {
    REAL("pwrite64", ssize_t (*)(int, const void *, size_t, off64_t));
    count(file);
    if (is_full(file)) {
        errno = ENOSPC;
        return -1;
    }
    return real(file, bytes, size, at);
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t at) {
    REAL("pwrite", ssize_t (*)(int, const void *, size_t, off_t));
    count(file);
    if (is_full(file)) {
        errno = ENOSPC;
        return -1;
    }
    return real(file, bytes, size, at);
}

int fdatasync(int file) {
    REAL("fdatasync", int (*)(int));
    count(file);
    return real(file);
}

int fsync(int file) {
    REAL("fsync", int (*)(int));
    count(file);
    return real(file);
}
