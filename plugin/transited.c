/*
 * transited.c: RFC 4120 3.3.3.2, from left to right.
 *
 *   EDU,MIT.,ATHENA.,WASHINGTON.EDU   EDU, MIT.EDU, ATHENA.MIT.EDU, ...
 *   /COM/HP,/APOLLO                   /COM/HP, /COM/HP/APOLLO
 *
 * A subfield that ends in a dot goes before the one that was read last, one
 * that begins with a slash behind it, unless a blank comes first.  An empty
 * one stands for all realms of the hierarchy between its neighbours, which for
 * the first and the last are the client's and the server's realm.  "\" takes
 * the next character as it is.
 *
 * A KDC of another realm wrote this.  What is not read with certainty is
 * refused.
 */
#include "config.h"
#include <string.h>
#include <krb5.h>
#include "plugin/transited.h"

/* Longer than any realm that KDCs take from each other. */
#define MAX_REALM 512

struct realm {
    char text[MAX_REALM];
    size_t length;
};

struct walk {
    kx_transited_fn *visit;
    void *arg;
    unsigned int visited;
    struct realm last;   /* the subfield before, in full; or the client's */
    krb5_boolean is_gap; /* an empty subfield came after it */
};

/* Put text behind realm.  False if that becomes too long. */
static krb5_boolean
append(struct realm *realm, const char *text, size_t length)
{
    if (length > sizeof(realm->text) - realm->length)
        return FALSE;
    memcpy(realm->text + realm->length, text, length);
    realm->length += length;
    return TRUE;
}

/* Visit one realm. */
static krb5_error_code
visit_realm(struct walk *walk, const char *text, size_t length)
{
    const krb5_data realm = kx_data(text, length);

    if (++walk->visited > KX_MAX_TRANSITED)
        return KRB5KRB_AP_ERR_ILL_CR_TKT;
    return walk->visit(walk->arg, &realm);
}

/*
 * Visit what lies between one realm and another, which is above or below it:
 * of a name of labels its parents, of an X.500 name its beginnings.
 */
static krb5_error_code
visit_between(struct walk *walk, const struct realm *one,
              const struct realm *other)
{
    const struct realm *lower = one->length > other->length ? one : other;
    const struct realm *upper = lower == one ? other : one;
    krb5_error_code ret = 0;
    size_t n = lower->length - upper->length, i;

    if (n == 0)
        return KRB5KRB_AP_ERR_ILL_CR_TKT;
    if (lower->text[0] == '/') {
        if (memcmp(lower->text, upper->text, upper->length) != 0 ||
            lower->text[upper->length] != '/')
            return KRB5KRB_AP_ERR_ILL_CR_TKT;
        for (i = lower->length - 1; i > upper->length && ret == 0; i--) {
            if (lower->text[i] == '/')
                ret = visit_realm(walk, lower->text, i);
        }
        return ret;
    }
    if (memcmp(lower->text + n, upper->text, upper->length) != 0 ||
        lower->text[n - 1] != '.')
        return KRB5KRB_AP_ERR_ILL_CR_TKT;
    for (i = 0; i < n - 1 && ret == 0; i++) {
        if (lower->text[i] == '.')
            ret =
                visit_realm(walk, lower->text + i + 1, lower->length - i - 1);
    }
    return ret;
}

/*
 * Take one subfield, without its blank; with one it is_alone.  It is visited,
 * and becomes the last.
 */
static krb5_error_code
take(struct walk *walk, const struct realm *subfield, krb5_boolean is_alone)
{
    struct realm full = {.length = 0};
    krb5_error_code ret;
    krb5_boolean fits;

    if (!is_alone && subfield->text[0] == '/')
        fits = append(&full, walk->last.text, walk->last.length) &&
               append(&full, subfield->text, subfield->length);
    else if (!is_alone && subfield->text[subfield->length - 1] == '.')
        fits = append(&full, subfield->text, subfield->length) &&
               append(&full, walk->last.text, walk->last.length);
    else
        fits = append(&full, subfield->text, subfield->length);
    if (!fits)
        return KRB5KRB_AP_ERR_ILL_CR_TKT;
    ret = visit_realm(walk, full.text, full.length);
    if (ret == 0 && walk->is_gap)
        ret = visit_between(walk, &walk->last, &full);
    walk->is_gap = FALSE;
    walk->last = full;
    return ret;
}

krb5_error_code
kx_transited_walk(const krb5_data *transited, const krb5_data *client,
                  const krb5_data *server, kx_transited_fn *visit, void *arg)
{
    struct walk walk = {.visit = visit, .arg = arg};
    struct realm subfield = {.length = 0}, end = {.length = 0};
    krb5_boolean is_alone = FALSE, is_quoted = FALSE, is_first = TRUE;
    krb5_error_code ret;
    unsigned int i;
    char c;

    if (transited->length == 0)
        return 0;
    if (!append(&end, server->data, server->length))
        return KRB5KRB_AP_ERR_ILL_CR_TKT;
    for (i = 0; i <= transited->length; i++) {
        c = i < transited->length ? transited->data[i] : ',';
        if (i == transited->length && is_quoted)
            return KRB5KRB_AP_ERR_ILL_CR_TKT;
        if (!is_quoted && c == '\\') {
            is_quoted = TRUE;
        } else if (!is_quoted && c == ' ' && subfield.length == 0) {
            is_alone = TRUE;
        } else if (is_quoted || c != ',') {
            is_quoted = FALSE;
            if (!append(&subfield, &c, 1))
                return KRB5KRB_AP_ERR_ILL_CR_TKT;
        } else if (subfield.length > 0) {
            ret = take(&walk, &subfield, is_alone);
            if (ret)
                return ret;
            subfield.length = 0;
            is_alone = FALSE;
            is_first = FALSE;
        } else {
            if (is_first && !append(&walk.last, client->data, client->length))
                return KRB5KRB_AP_ERR_ILL_CR_TKT;
            walk.is_gap = TRUE;
            is_alone = FALSE;
            is_first = FALSE;
        }
    }
    return walk.is_gap ? visit_between(&walk, &walk.last, &end) : 0;
}
