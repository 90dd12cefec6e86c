/*
 * overlay.c: the caller's profile with some relations answered differently.
 *
 * libkdb5 finds the module to load under db_library in the realm's section of
 * [dbmodules].  There it says kxover; the context of the database behind us
 * must read that database's name instead, and find everything else, the
 * settings of that database included, where the administrator wrote it.
 *
 * libprofile lets a program answer for a profile by a table of functions.
 * Ours ask a profile of their own, copied from the caller's, and put in their
 * own answers, whether those are asked for by name or come across in going
 * through the section.  When libprofile copies a profile it asks for another
 * handle; all handles share one struct overlay, which goes with the last.
 */
#include "config.h"
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "plugin/overlay.h"

#define MAX_RELATIONS 4

struct overlay {
    atomic_uint handles;
    profile_t profile; /* the caller's, copied */
    char *section;
    char *names[MAX_RELATIONS]; /* as many as are not NULL */
    char *values[MAX_RELATIONS];
};

/* A walk through the profile. */
struct walk {
    void *iterator;          /* libprofile's; NULL after the end */
    krb5_boolean in_section; /* it goes over what our section has, and */
    const char *relation;    /* over this relation alone if it is not NULL */
};

/* True if the path of `names` begins at our section; *relation_out is then
 * what it names in there: NULL for the whole section. */
static krb5_boolean
in_our_section(const struct overlay *overlay, const char *const *names,
               const char **relation_out)
{
    *relation_out = NULL;
    if (names[0] == NULL || strcmp(names[0], "dbmodules") != 0 ||
        names[1] == NULL || strcmp(names[1], overlay->section) != 0)
        return FALSE;
    *relation_out = names[2];
    return names[2] == NULL || names[3] == NULL;
}

/* Our answer for a relation in our section; NULL if we have none. */
static const char *
our_answer(const struct overlay *overlay, const char *relation)
{
    size_t i;

    for (i = 0; i < MAX_RELATIONS && overlay->names[i] != NULL; i++) {
        if (strcmp(overlay->names[i], relation) == 0)
            return overlay->values[i];
    }
    return NULL;
}

/* The values of a relation.  Errors: ENOMEM, the profile library's. */
static long
overlay_get_values(void *data, const char *const *names, char ***values_out)
{
    struct overlay *overlay = data;
    const char *relation, *answer = NULL;
    char **values;

    if (in_our_section(overlay, names, &relation) && relation != NULL)
        answer = our_answer(overlay, relation);
    if (answer == NULL)
        return profile_get_values(overlay->profile, names, values_out);
    values = calloc(2, sizeof(*values));
    if (values == NULL)
        return ENOMEM;
    values[0] = strdup(answer);
    if (values[0] == NULL) {
        free(values);
        return ENOMEM;
    }
    *values_out = values;
    return 0;
}

/* Free what overlay_get_values() gave out. */
static void
overlay_free_values(void *data, char **values)
{
    (void)data;
    profile_free_list(values);
}

/* Let go of one handle, and of everything with the last one. */
static void
overlay_cleanup(void *data)
{
    struct overlay *overlay = data;
    size_t i;

    if (overlay == NULL || atomic_fetch_sub(&overlay->handles, 1) != 1)
        return;
    for (i = 0; i < MAX_RELATIONS; i++) {
        free(overlay->names[i]);
        free(overlay->values[i]);
    }
    free(overlay->section);
    if (overlay->profile != NULL)
        profile_release(overlay->profile);
    free(overlay);
}

/* One handle more. */
static long
overlay_copy(void *data, void **copy_out)
{
    struct overlay *overlay = data;

    atomic_fetch_add(&overlay->handles, 1);
    *copy_out = overlay;
    return 0;
}

/* Begin a walk.  Errors: ENOMEM, the profile library's. */
static long
overlay_iterator_create(void *data, const char *const *names, int flags,
                        void **walk_out)
{
    struct overlay *overlay = data;
    struct walk *walk;
    long code;

    walk = calloc(1, sizeof(*walk));
    if (walk == NULL)
        return ENOMEM;
    walk->in_section = in_our_section(overlay, names, &walk->relation);
    if (walk->relation != NULL)
        walk->in_section = our_answer(overlay, walk->relation) != NULL;
    code = profile_iterator_create(overlay->profile, names, flags,
                                   &walk->iterator);
    if (code) {
        free(walk);
        return code;
    }
    *walk_out = walk;
    return 0;
}

/*
 * The next step of a walk: *name_out is NULL at the end, *value_out also for a
 * section.  Errors: ENOMEM, the profile library's.
 */
static long
overlay_iterator(void *data, void *walk_data, char **name_out,
                 char **value_out)
{
    struct overlay *overlay = data;
    struct walk *walk = walk_data;
    const char *answer = NULL;
    char *name, *value;
    long code;

    *name_out = *value_out = NULL;
    code = profile_iterator(&walk->iterator, &name, &value);
    if (code)
        return code;
    if (walk->in_section && name != NULL && value != NULL)
        answer = our_answer(overlay, name);
    if (answer != NULL) {
        profile_release_string(value);
        value = strdup(answer);
        if (value == NULL) {
            profile_release_string(name);
            return ENOMEM;
        }
    }
    *name_out = name;
    *value_out = value;
    return 0;
}

/* End a walk. */
static void
overlay_iterator_free(void *data, void *walk_data)
{
    struct walk *walk = walk_data;

    (void)data;
    profile_iterator_free(&walk->iterator); /* NULL is none */
    free(walk);
}

/* Free a name or a value of a walk. */
static void
overlay_free_string(void *data, char *string)
{
    (void)data;
    profile_release_string(string);
}

/* Copy section and relations into overlay.  Errors: ENOMEM, EINVAL when there
 * are too many. */
static krb5_error_code
fill(struct overlay *overlay, const char *section,
     const struct kx_relation *relations)
{
    size_t i;

    overlay->section = strdup(section);
    if (overlay->section == NULL)
        return ENOMEM;
    for (i = 0; relations[i].name != NULL; i++) {
        if (i == MAX_RELATIONS)
            return EINVAL;
        overlay->names[i] = strdup(relations[i].name);
        overlay->values[i] = strdup(relations[i].value);
        if (overlay->names[i] == NULL || overlay->values[i] == NULL)
            return ENOMEM;
    }
    return 0;
}

/* Make the profile.  See overlay.h. */
krb5_error_code
kx_overlay_profile(krb5_context context, const char *section,
                   const struct kx_relation *relations, profile_t *out)
{
    struct profile_vtable table = {
        .minor_ver = 1,
        .get_values = overlay_get_values,
        .free_values = overlay_free_values,
        .cleanup = overlay_cleanup,
        .copy = overlay_copy,
        .iterator_create = overlay_iterator_create,
        .iterator = overlay_iterator,
        .iterator_free = overlay_iterator_free,
        .free_string = overlay_free_string,
    };
    struct overlay *overlay;
    krb5_error_code code;

    *out = NULL;
    overlay = calloc(1, sizeof(*overlay));
    if (overlay == NULL)
        return ENOMEM;
    atomic_init(&overlay->handles, 1);
    code = fill(overlay, section, relations);
    if (code)
        goto cleanup;
    code = krb5_get_profile(context, &overlay->profile);
    if (code)
        goto cleanup;
    code = profile_init_vtable(&table, overlay, out);

cleanup:
    if (code)
        overlay_cleanup(overlay);
    return code;
}
