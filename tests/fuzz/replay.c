/* Runs each file given, and each file of each folder given, through the fuzz target that is linked in: so the corpora
 * are replayed by every ordinary test run. Exit code 0: all ran and there was at least one; a finding aborts; 2: no
 * input. Limits: files up to 16 MiB; folders are not descended into. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdint.h>
#include <sys/stat.h>

#define FILE_MAX  (16u << 20)
#define PATH_ROOM 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static _Noreturn void give_up(const char *path, const char *why)
{
    fprintf(stderr, "replay: %s: %s\n", path, why);
    exit(2);
}

/* In a block of exactly the file's size, so that a sanitizer sees the first byte read past it. */
static void run_file(const char *path, size_t size)
{
    if (size > FILE_MAX) give_up(path, "larger than 16 MiB");
    uint8_t *data = malloc(size ? size : 1);
    FILE *file = fopen(path, "rb");
    if (!data || !file) give_up(path, strerror(errno));
    if (fread(data, 1, size, file) != size) give_up(path, "cannot be read whole");
    fclose(file);
    fprintf(stderr, "replay: %s (%zu bytes)\n", path, size);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
}

static size_t run_folder(const char *folder)
{
    struct dirent **names;
    size_t ran = 0;
    int count = scandir(folder, &names, NULL, alphasort);
    if (count < 0) give_up(folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        char path[PATH_ROOM];
        struct stat facts;
        int len = snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        free(names[i]);
        if (len < 0 || (size_t)len >= sizeof path) give_up(folder, "its path is too long");
        if (stat(path, &facts) != 0) give_up(path, strerror(errno));
        if (!S_ISREG(facts.st_mode)) continue;
        run_file(path, (size_t)facts.st_size);
        ran++;
    }
    free(names);
    return ran;
}

static size_t run_path(const char *path)
{
    struct stat facts;
    if (stat(path, &facts) != 0) give_up(path, strerror(errno));
    if (S_ISDIR(facts.st_mode)) return run_folder(path);
    run_file(path, (size_t)facts.st_size);
    return 1;
}

int main(int argc, char **argv)
{
    size_t ran = 0;
    for (int i = 1; i < argc; i++)
        ran += run_path(argv[i]);
    if (ran == 0) give_up("corpus", "no file to run: give files or folders");
    printf("replayed %zu inputs\n", ran);
    return 0;
}
