/*
 * reader.c: a second reader of KX-REQ and KX-REP.
 *
 * It walks the bytes by tables of what may stand where, and builds nothing.
 * Bounds are those of docs/protocol.md, in numbers of their own.
 */
#include "config.h"
#include <stdint.h>
#include <string.h>
#include <time.h>
#include "tests/fuzz/reader.h"

/* Bytes still to be read. */
struct bytes {
    const unsigned char *at;
    size_t left;
};

struct element {
    unsigned int tag; /* the first byte */
    struct bytes contents;
    size_t whole; /* length with tag and length */
};

/* A function that reads contents of one kind. */
struct kind;
typedef enum reader_verdict read_fn(const struct kind *kind,
                                    struct bytes contents);

/* What may stand somewhere. */
struct kind {
    read_fn *read;
    unsigned int tag;  /* of the element; 0: any */
    int64_t low, high; /* of a number, or of bytes, or of elements */
    size_t whole;      /* the most bytes of it all; 0: no matter */
    const struct kind *element;
    const struct field *fields;
};

/* One field of a SEQUENCE, by its explicit tag; the last one has no kind. */
struct field {
    unsigned int number;
    krb5_boolean optional;
    const struct kind *kind;
};

/* Take one element off bytes; false if there is none in DER. */
static krb5_boolean
next(struct bytes *bytes, struct element *element)
{
    size_t length, size = 0, i;

    if (bytes->left < 2 || (bytes->at[0] & 0x1f) == 0x1f)
        return FALSE;
    element->tag = bytes->at[0];
    length = bytes->at[1];
    if (length >= 0x80) {
        size = length & 0x7f;
        if (size < 1 || size > 3 || bytes->left < 2 + size ||
            bytes->at[2] == 0)
            return FALSE;
        for (length = 0, i = 0; i < size; i++)
            length = length << 8 | bytes->at[2 + i];
        if (length < 0x80)
            return FALSE;
    }
    if (bytes->left - 2 - size < length)
        return FALSE;
    element->contents = (struct bytes){bytes->at + 2 + size, length};
    element->whole = 2 + size + length;
    bytes->at += element->whole;
    bytes->left -= element->whole;
    return TRUE;
}

/* The worse of two verdicts. */
static enum reader_verdict
worse(enum reader_verdict a, enum reader_verdict b)
{
    if (a == READER_REFUSES || b == READER_REFUSES)
        return READER_REFUSES;
    return a == READER_LEAVES ? a : b;
}

static enum reader_verdict
taken(krb5_boolean taken)
{
    return taken ? READER_TAKES : READER_REFUSES;
}

/* Judge an element of that kind. */
static enum reader_verdict
judge(const struct kind *kind, const struct element *element)
{
    if ((kind->tag != 0 && element->tag != kind->tag) ||
        (kind->whole != 0 && element->whole > kind->whole))
        return READER_REFUSES;
    return kind->read(kind, element->contents);
}

/* Judge the one element that bytes are. */
static enum reader_verdict
judge_only(const struct kind *kind, struct bytes bytes)
{
    struct element element;

    if (!next(&bytes, &element) || bytes.left > 0)
        return READER_REFUSES;
    return judge(kind, &element);
}

static enum reader_verdict
read_fields(const struct kind *kind, struct bytes contents)
{
    enum reader_verdict verdict = READER_TAKES;
    const struct field *field;
    struct bytes before;
    struct element element;

    for (field = kind->fields; field->kind != NULL; field++) {
        before = contents;
        if (contents.left > 0 && !next(&contents, &element))
            return READER_REFUSES;
        if (before.left == 0 || element.tag != (0xa0 | field->number)) {
            if (!field->optional)
                return READER_REFUSES;
            contents = before;
            continue;
        }
        verdict = worse(verdict, judge_only(field->kind, element.contents));
    }
    return contents.left > 0 ? READER_REFUSES : verdict;
}

static enum reader_verdict
read_list(const struct kind *kind, struct bytes contents)
{
    enum reader_verdict verdict = READER_TAKES;
    struct element element;
    int64_t n;

    for (n = 0; contents.left > 0; n++) {
        if (!next(&contents, &element))
            return READER_REFUSES;
        verdict = worse(verdict, judge(kind->element, &element));
    }
    return n < kind->low || n > kind->high ? READER_REFUSES : verdict;
}

static enum reader_verdict
read_number(const struct kind *kind, struct bytes contents)
{
    int64_t value;
    size_t i;

    if (contents.left < 1 || contents.left > 8)
        return READER_REFUSES;
    if (contents.left > 1 &&
        ((contents.at[0] == 0 && contents.at[1] < 0x80) ||
         (contents.at[0] == 0xff && contents.at[1] >= 0x80)))
        return READER_REFUSES;
    value = contents.at[0] < 0x80 ? 0 : -1;
    for (i = 0; i < contents.left; i++)
        value = value * 256 + contents.at[i];
    return taken(value >= kind->low && value <= kind->high);
}

static enum reader_verdict
read_octets(const struct kind *kind, struct bytes contents)
{
    return taken((int64_t)contents.left >= kind->low &&
                 (int64_t)contents.left <= kind->high);
}

static enum reader_verdict
read_bits(const struct kind *kind, struct bytes contents)
{
    return taken(contents.left >= 2 && contents.at[0] == 0 &&
                 (int64_t)contents.left - 1 <= kind->high);
}

static enum reader_verdict
read_boolean(const struct kind *kind, struct bytes contents)
{
    (void)kind;
    return taken(contents.left == 1 &&
                 (contents.at[0] == 0 || contents.at[0] == 0xff));
}

static enum reader_verdict
read_text(const struct kind *kind, struct bytes contents)
{
    size_t i;

    for (i = 0; i < contents.left; i++) {
        if (contents.at[i] < 0x20 || contents.at[i] > 0x7e)
            return READER_REFUSES;
    }
    return read_octets(kind, contents);
}

/* The number that n digits at text are. */
static int
digits(const unsigned char *text, int n)
{
    int value = 0;

    for (; n > 0; n--)
        value = 10 * value + *text++ - '0';
    return value;
}

static enum reader_verdict
read_time(const struct kind *kind, struct bytes contents)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day;
    size_t i;

    (void)kind;
    if (contents.left != 15 || contents.at[14] != 'Z')
        return READER_REFUSES;
    for (i = 0; i < 14; i++) {
        if (contents.at[i] < '0' || contents.at[i] > '9')
            return READER_REFUSES;
    }
    year = digits(contents.at, 4);
    month = digits(contents.at + 4, 2);
    day = digits(contents.at + 6, 2);
    if (month < 1 || month > 12 || day < 1 || day > days[month - 1])
        return READER_REFUSES;
    if (month == 2 && day == 29 &&
        (year % 4 != 0 || (year % 100 == 0 && year % 400 != 0)))
        return READER_REFUSES;
    return taken(digits(contents.at + 8, 2) < 24 &&
                 digits(contents.at + 10, 2) < 60 &&
                 digits(contents.at + 12, 2) < 60);
}

/* An OBJECT IDENTIFIER of any arcs. */
static enum reader_verdict
read_long_oid(const struct kind *kind, struct bytes contents)
{
    krb5_boolean begins = TRUE;
    size_t i;

    (void)kind;
    if (contents.left == 0 || contents.at[contents.left - 1] >= 0x80)
        return READER_REFUSES;
    for (i = 0; i < contents.left; i++) {
        if (begins && contents.at[i] == 0x80)
            return READER_REFUSES;
        begins = contents.at[i] < 0x80;
    }
    return READER_TAKES;
}

/* One that has to be written with dots, in 64 characters. */
static enum reader_verdict
read_oid(const struct kind *kind, struct bytes contents)
{
    size_t i, length = 0;
    uint64_t arc = 0;

    if (read_long_oid(kind, contents) == READER_REFUSES)
        return READER_REFUSES;
    for (i = 0; i < contents.left; i++) {
        if (arc >> 56 != 0)
            return READER_LEAVES;
        arc = arc << 7 | (contents.at[i] & 0x7f);
        if (contents.at[i] >= 0x80)
            continue;
        if (length == 0) {
            length = 1;
            arc = arc < 80 ? arc % 40 : arc - 80;
        }
        for (length += 2; arc >= 10; arc /= 10)
            length++;
        arc = 0;
    }
    return taken(length <= 64);
}

/* Elements in DER, and in them more, to that depth. */
static krb5_boolean
are_der(struct bytes bytes, int depth)
{
    struct element element;

    while (bytes.left > 0) {
        if (!next(&bytes, &element))
            return FALSE;
        if ((element.tag & 0x20) != 0 &&
            (depth == 0 || !are_der(element.contents, depth - 1)))
            return FALSE;
    }
    return TRUE;
}

/* An AlgorithmIdentifier. */
static enum reader_verdict
read_algorithm(const struct kind *kind, struct bytes contents)
{
    static const struct kind oid = {.read = read_oid, .tag = 0x06};
    enum reader_verdict verdict;
    struct element element;

    (void)kind;
    if (!next(&contents, &element))
        return READER_REFUSES;
    verdict = judge(&oid, &element);
    if (contents.left == 0 || verdict == READER_REFUSES)
        return verdict;
    if (contents.left > 256 || !are_der(contents, 16) ||
        !next(&contents, &element) || contents.left > 0)
        return READER_REFUSES;
    return verdict;
}

/* A SubjectPublicKeyInfo. */
static const struct kind algorithm = {.read = read_algorithm, .tag = 0x30};

static enum reader_verdict
read_public(const struct kind *kind, struct bytes contents)
{
    static const struct kind key = {
        .read = read_bits, .tag = 0x03, .high = 1024};
    enum reader_verdict verdict;
    struct element element;

    (void)kind;
    if (!next(&contents, &element))
        return READER_REFUSES;
    verdict = judge(&algorithm, &element);
    return worse(verdict, judge_only(&key, contents));
}

/* Something that is not looked into here. */
static enum reader_verdict
read_nothing(const struct kind *kind, struct bytes contents)
{
    (void)contents;
    return kind->low != 0 ? READER_LEAVES : READER_TAKES;
}

/* ---- the tables ---- */

#define LIST(of, most)                                                        \
    {                                                                         \
        .read = read_list, .tag = 0x30, .low = 1, .high = (most),             \
        .element = &(of)                                                      \
    }
#define FIELDS(of)                                                            \
    {                                                                         \
        .read = read_fields, .tag = 0x30, .fields = (of)                      \
    }
#define END                                                                   \
    {                                                                         \
        0, FALSE, NULL                                                        \
    }

static const struct kind int32 = {
    .read = read_number, .tag = 0x02, .low = INT32_MIN, .high = INT32_MAX};
static const struct kind uint32 = {
    .read = read_number, .tag = 0x02, .high = UINT32_MAX};
static const struct kind five = {
    .read = read_number, .tag = 0x02, .low = 5, .high = 5};
static const struct kind eighteen = {
    .read = read_number, .tag = 0x02, .low = 18, .high = 18};
static const struct kind nineteen = {
    .read = read_number, .tag = 0x02, .low = 19, .high = 19};
static const struct kind when = {.read = read_time, .tag = 0x18};
static const struct kind flag = {.read = read_boolean, .tag = 0x01};
static const struct kind component = {
    .read = read_text, .tag = 0x1b, .low = 1, .high = 255};
static const struct kind realm = {
    .read = read_text, .tag = 0x1b, .low = 1, .high = 253};
static const struct kind components = {.read = read_list,
                                       .tag = 0x30,
                                       .low = 1,
                                       .high = 4,
                                       .element = &component};
static const struct field name_fields[] = {
    {0, FALSE, &int32}, {1, FALSE, &components}, END};
static const struct kind name = FIELDS(name_fields);
static const struct kind public_key = {
    .read = read_public, .tag = 0x30, .whole = 1024};
static const struct kind etypes = LIST(int32, 32);
static const struct kind algorithms = LIST(algorithm, 32);
static const struct kind root = {
    .read = read_nothing, .tag = 0x30, .low = 1, .whole = 2048};
static const struct kind roots = LIST(root, 64);
static const struct kind long_oid = {
    .read = read_long_oid, .tag = 0x06, .whole = 64};
static const struct kind value = {
    .read = read_octets, .tag = 0x04, .high = 4096};
static const struct field extension_fields[] = {
    {0, FALSE, &long_oid}, {1, FALSE, &flag}, {2, FALSE, &value}, END};
static const struct kind extension = FIELDS(extension_fields);
static const struct kind extensions = LIST(extension, 16);
static const struct field tbsdata_fields[] = {
    {0, FALSE, &when},   {1, TRUE, &uint32},      {2, FALSE, &name},
    {3, FALSE, &realm},  {4, FALSE, &public_key}, {5, FALSE, &when},
    {6, FALSE, &etypes}, {7, TRUE, &algorithms},  {8, TRUE, &algorithms},
    {9, TRUE, &roots},   {10, TRUE, &extensions}, END};
static const struct kind tbsdata = FIELDS(tbsdata_fields);
static const struct kind certificate = {
    .read = read_nothing, .tag = 0x30, .whole = 16384};
static const struct kind certificates = LIST(certificate, 10);
static const struct kind signature = {
    .read = read_bits, .tag = 0x03, .high = 2048};
static const struct field offer_fields[] = {
    {0, FALSE, &uint32},    {1, FALSE, &tbsdata},   {2, FALSE, &certificates},
    {3, FALSE, &algorithm}, {4, FALSE, &signature}, END};
static const struct kind offer = FIELDS(offer_fields);
static const struct kind confirm = {
    .read = read_octets, .tag = 0x04, .low = 32, .high = 32};
static const struct field request_fields[] = {
    {0, FALSE, &five}, {1, FALSE, &eighteen}, {2, FALSE, &offer}, END};
static const struct field reply_fields[] = {{0, FALSE, &five},
                                            {1, FALSE, &nineteen},
                                            {2, FALSE, &offer},
                                            {3, FALSE, &confirm},
                                            END};
static const struct kind request = FIELDS(request_fields);
static const struct kind reply = FIELDS(reply_fields);

enum reader_verdict
reader_message(int msg_type, const krb5_data *message)
{
    struct bytes bytes = {(const unsigned char *)message->data,
                          message->length};
    struct element element;

    if (message->length > 65536 || !next(&bytes, &element) || bytes.left > 0 ||
        element.tag != (0x60U | (unsigned int)msg_type))
        return READER_REFUSES;
    return judge_only(msg_type == 18 ? &request : &reply, element.contents);
}

krb5_boolean
reader_is_der(const krb5_data *data)
{
    const struct bytes bytes = {(const unsigned char *)data->data,
                                data->length};
    struct bytes rest = bytes;
    struct element element;

    return next(&rest, &element) && rest.left == 0 && are_der(bytes, 32);
}
