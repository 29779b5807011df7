// Kills the process at the n-th write to its database, counted from the moment at which the test says so: a page that is
// written, a file that is flushed, a message that is sent to a server of ours. Or fails every write as a full disk does. Preloaded into the process that the tests of
// this folder start; nothing of Lanyard knows of it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

// Shared with the test by a file. `left`: writes until the end; none means that nobody counts, fewer than none that the
// disk is full. `dying`: threads at the last of them, counted before they take it, so that a test that stops the count
// knows for certain whether it came too late. `ports`: where servers listen that are a part of the database.
static struct shared {
    atomic_int left, dying, ports[2];
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

static int is_server(int file) {
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    if (getpeername(file, (struct sockaddr *)&peer, &size) != 0 || peer.sin_family != AF_INET) return 0;
    int port = ntohs(peer.sin_port);
    return port == atomic_load(&shared->ports[0]) || port == atomic_load(&shared->ports[1]);
}

static void count_one(void) {
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

static void count(int file) {
    if (shared && atomic_load(&shared->left) > 0 && is_database(file)) count_one();
}

static void count_sent(int file) {
    if (shared && atomic_load(&shared->left) > 0 && is_server(file)) count_one();
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

ssize_t send(int file, const void *bytes, size_t size, int flags) {
    REAL("send", ssize_t (*)(int, const void *, size_t, int));
    count_sent(file);
    return real(file, bytes, size, flags);
}

ssize_t sendmsg(int file, const struct msghdr *message, int flags) {
    REAL("sendmsg", ssize_t (*)(int, const struct msghdr *, int));
    count_sent(file);
    return real(file, message, flags);
}

ssize_t write(int file, const void *bytes, size_t size) {
    REAL("write", ssize_t (*)(int, const void *, size_t));
    count_sent(file);
    return real(file, bytes, size);
}

ssize_t writev(int file, const struct iovec *parts, int many) {
    REAL("writev", ssize_t (*)(int, const struct iovec *, int));
    count_sent(file);
    return real(file, parts, many);
}
