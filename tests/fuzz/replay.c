/*
 * replay.c: run a fuzz target on what is kept of it, with no more than a C
 * compiler: each file of the folder FUZZ_CORPUS, or those in argv.
 */
#include "config.h"
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include "tests/fuzz/fuzz.h"

#define MAX_SIZE (1024 * 1024)

/* Run the target on the file at path; ends the program if it cannot. */
static void
replay(const char *path)
{
    /* Of its own size each, so that reading behind it is seen. */
    static uint8_t room[MAX_SIZE];
    FILE *file = fopen(path, "rb");
    uint8_t *input;
    size_t size;

    if (file == NULL) {
        fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
        exit(1);
    }
    size = fread(room, 1, sizeof(room), file);
    (void)fclose(file);
    input = malloc(size > 0 ? size : 1);
    FUZZ_MUST(input != NULL);
    memcpy(input, room, size);
    (void)LLVMFuzzerTestOneInput(input, size);
    free(input);
}

/* Run the target on the files of the folder at path; their number. */
static int
replay_folder(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    char name[4096];
    int n = 0;

    if (folder == NULL) {
        fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
        exit(1);
    }
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        replay(name);
        n++;
    }
    (void)closedir(folder);
    return n;
}

int
main(int argc, char **argv)
{
    int n = 0;

    for (; n + 1 < argc; n++)
        replay(argv[n + 1]);
    if (argc == 1)
        n = replay_folder(FUZZ_CORPUS);
    printf("Running %d test(s)\n", n);
    return n > 0 ? 0 : 1;
}
