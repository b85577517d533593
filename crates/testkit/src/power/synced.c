/*
 * Loaded before a program, remembers what of the files in one folder is durable.
 *
 * A process that is killed leaves all that it wrote in the page cache, so a kill alone never shows what a power cut would
 * take. This library keeps beside the folder what its files held at the last fsync or fdatasync of each, and the names they
 * had at the last fsync of the folder. After a kill the harness puts that in place of what the page cache has.
 *
 * SEAWALL_SYNCED_FOLDER is the folder, SEAWALL_SYNCED_BESIDE where it is remembered: `names` holds a line for each file, its
 * number and its name; `content/NUMBER` holds what is durable of it. What a sync made durable is noted after the sync and
 * before the program learns of it: killed in between, the program had acknowledged nothing.
 *
 * SEAWALL_SYNCED_DELAY_US has each sync of a file take so much longer, as on a slow disk: the time between what is written and
 * what is durable is the one in which a fault shows. SEAWALL_SYNCED_ROOM is by how many bytes files may grow before the disk is
 * full; what is removed makes no room.
 *
 * It follows write and pwrite, which are what the programs under test use; one range a file is kept of what was written since
 * its last sync. For Linux with 64 bits.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 4096
#define DESCRIPTORS_MAX 65536
#define FOLDER_ITSELF 0xffff

struct file {
    ino_t inode;
    unsigned number;
    /* What was written since the last sync; empty where low is not below high. */
    off_t low, high;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct file files[FILES_MAX];
static unsigned files_known;
static unsigned next_number = 1;
/* One more than the place in `files` of what a descriptor is open on; 0 for what is none of ours. */
static unsigned short descriptors[DESCRIPTORS_MAX];
static char folder[PATH_MAX];
static char beside[PATH_MAX];
static int is_on;
static useconds_t delay;
/* Below zero: without a bound. */
static long long room = -1;

static int (*real_open)(const char *, int, ...);
static int (*real_close)(int);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off_t);

static void give_up(const char *what) {
    fprintf(stderr, "synced.c: %s: %s\n", what, strerror(errno));
    abort();
}

static void content_path(unsigned number, char *path) {
    if (snprintf(path, PATH_MAX, "%s/content/%u", beside, number) >= PATH_MAX) give_up("a path is too long");
}

/* The files that were there when the program started, all of them durable. */
static void load_names(void) {
    char path[PATH_MAX], name[NAME_MAX + 1];
    unsigned number;
    struct stat found;
    snprintf(path, sizeof path, "%s/names", beside);
    FILE *names = fopen(path, "r");
    if (!names) give_up("open names");
    while (fscanf(names, "%u %255s", &number, name) == 2) {
        if (number >= next_number) next_number = number + 1;
        if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) give_up("a path is too long");
        if (stat(path, &found) == 0 && files_known < FILES_MAX)
            files[files_known++] = (struct file){found.st_ino, number, 0, 0};
    }
    fclose(names);
}

__attribute__((constructor)) static void begin(void) {
    const char *wanted = getenv("SEAWALL_SYNCED_FOLDER"), *kept = getenv("SEAWALL_SYNCED_BESIDE");
    real_open = dlsym(RTLD_NEXT, "open64");
    real_close = dlsym(RTLD_NEXT, "close");
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    if (!wanted || !kept) return;
    if (!realpath(wanted, folder) || !realpath(kept, beside)) give_up("a folder is not there");
    load_names();
    if (getenv("SEAWALL_SYNCED_DELAY_US")) delay = (useconds_t)atol(getenv("SEAWALL_SYNCED_DELAY_US"));
    if (getenv("SEAWALL_SYNCED_ROOM")) room = atoll(getenv("SEAWALL_SYNCED_ROOM"));
    is_on = 1;
}

static struct file *of_inode(ino_t inode) {
    for (unsigned at = 0; at < files_known; at++)
        if (files[at].inode == inode) return &files[at];
    return NULL;
}

static struct file *of_descriptor(int descriptor) {
    if (!is_on || descriptor < 0 || descriptor >= DESCRIPTORS_MAX) return NULL;
    unsigned place = descriptors[descriptor];
    return place == 0 || place == FOLDER_ITSELF ? NULL : &files[place - 1];
}

static void touched(struct file *file, off_t low, off_t high) {
    if (file->low >= file->high) {
        file->low = low;
        file->high = high;
        return;
    }
    if (low < file->low) file->low = low;
    if (high > file->high) file->high = high;
}

/* Notes what a descriptor is open on. A file that is new, or empty, is another one than whatever had its inode before. */
static void opened(int descriptor, const char *path) {
    char whole[PATH_MAX];
    struct stat found;
    if (!is_on || descriptor < 0 || descriptor >= DESCRIPTORS_MAX || !realpath(path, whole)) return;
    size_t length = strlen(folder);
    if (strcmp(whole, folder) == 0) {
        descriptors[descriptor] = FOLDER_ITSELF;
        return;
    }
    if (strncmp(whole, folder, length) != 0 || whole[length] != '/' || strchr(whole + length + 1, '/')) return;
    if (fstat(descriptor, &found) != 0 || !S_ISREG(found.st_mode)) return;
    pthread_mutex_lock(&lock);
    struct file *file = of_inode(found.st_ino);
    if (file && found.st_size == 0) {
        file->number = next_number++;
        file->low = file->high = 0;
    }
    if (!file) {
        if (files_known == FILES_MAX) give_up("too many files");
        file = &files[files_known++];
        *file = (struct file){found.st_ino, next_number++, 0, found.st_size};
    }
    descriptors[descriptor] = (unsigned short)(file - files + 1);
    pthread_mutex_unlock(&lock);
}

/* Copies what was written to what is durable. */
static void is_durable(struct file *file, int descriptor) {
    char path[PATH_MAX], from[64];
    static char bytes[1 << 16];
    struct stat found;
    if (fstat(descriptor, &found) != 0) give_up("look at a file");
    content_path(file->number, path);
    snprintf(from, sizeof from, "/proc/self/fd/%d", descriptor);
    int source = real_open(from, O_RDONLY | O_CLOEXEC);
    int copy = real_open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (source < 0 || copy < 0) give_up("open a copy");
    for (off_t at = file->low; at < file->high;) {
        size_t most = (size_t)(file->high - at) < sizeof bytes ? (size_t)(file->high - at) : sizeof bytes;
        ssize_t read = pread(source, bytes, most, at);
        if (read < 0) give_up("read a copy");
        if (read == 0) break;
        if (real_pwrite(copy, bytes, (size_t)read, at) != read) give_up("write a copy");
        at += read;
    }
    if (real_ftruncate(copy, found.st_size) != 0) give_up("cut a copy");
    file->low = file->high = 0;
    real_close(source);
    real_close(copy);
}

/* Notes which files the folder has. */
static void names_are_durable(void) {
    char path[PATH_MAX], after[PATH_MAX];
    struct stat found;
    snprintf(after, sizeof after, "%s/names.part", beside);
    FILE *names = fopen(after, "w");
    DIR *all = opendir(folder);
    if (!names || !all) give_up("note names");
    for (struct dirent *entry; (entry = readdir(all));) {
        if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= (int)sizeof path) give_up("a path is too long");
        if (stat(path, &found) != 0 || !S_ISREG(found.st_mode)) continue;
        struct file *file = of_inode(found.st_ino);
        if (file) fprintf(names, "%u %s\n", file->number, entry->d_name);
    }
    closedir(all);
    fclose(names);
    snprintf(path, sizeof path, "%s/names", beside);
    if (rename(after, path) != 0) give_up("note names");
}

static int open_any(const char *path, int flags, mode_t mode) {
    int descriptor = real_open(path, flags, mode);
    int error = errno;
    opened(descriptor, path);
    errno = error;
    return descriptor;
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open_any(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open_any(path, flags, mode);
}

int close(int descriptor) {
    if (descriptor >= 0 && descriptor < DESCRIPTORS_MAX) descriptors[descriptor] = 0;
    return real_close(descriptor);
}

/* Whether there is room for what makes a file longer. */
static int has_room(int descriptor, off_t end) {
    struct stat found;
    if (room < 0) return 1;
    if (fstat(descriptor, &found) != 0) give_up("look at a file");
    long long more = end > found.st_size ? end - found.st_size : 0;
    pthread_mutex_lock(&lock);
    int fits = more <= room;
    if (fits) room -= more;
    pthread_mutex_unlock(&lock);
    if (!fits) errno = ENOSPC;
    return fits;
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    struct file *file = of_descriptor(descriptor);
    if (!file) return real_write(descriptor, bytes, count);
    off_t at = lseek(descriptor, 0, SEEK_CUR);
    if (!has_room(descriptor, at + (off_t)count)) return -1;
    ssize_t written = real_write(descriptor, bytes, count);
    pthread_mutex_lock(&lock);
    if (written > 0) touched(file, at, at + written);
    pthread_mutex_unlock(&lock);
    return written;
}

static ssize_t pwrite_any(int descriptor, const void *bytes, size_t count, off_t at) {
    struct file *file = of_descriptor(descriptor);
    if (file && !has_room(descriptor, at + (off_t)count)) return -1;
    ssize_t written = real_pwrite(descriptor, bytes, count, at);
    if (!file || written <= 0) return written;
    pthread_mutex_lock(&lock);
    touched(file, at, at + written);
    pthread_mutex_unlock(&lock);
    return written;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off_t at) {
    return pwrite_any(descriptor, bytes, count, at);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t at) {
    return pwrite_any(descriptor, bytes, count, at);
}

static int sync_any(int descriptor, int (*real_sync)(int)) {
    if (delay && of_descriptor(descriptor)) usleep(delay);
    int result = real_sync(descriptor);
    if (result != 0 || !is_on || descriptor < 0 || descriptor >= DESCRIPTORS_MAX) return result;
    pthread_mutex_lock(&lock);
    struct file *file = of_descriptor(descriptor);
    if (file) is_durable(file, descriptor);
    if (descriptors[descriptor] == FOLDER_ITSELF) names_are_durable();
    pthread_mutex_unlock(&lock);
    return result;
}

int fsync(int descriptor) { return sync_any(descriptor, real_fsync); }

int fdatasync(int descriptor) { return sync_any(descriptor, real_fdatasync); }
