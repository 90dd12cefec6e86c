/*
 * orders.c: what the administrator orders of a crossover: to block it and to
 * allow it again, to keep it renewed or not, to forget its keys.
 *
 * Where there is no principal yet one is made, without keys: the KDC, kxoverd
 * and plain kadmin then all see the order, and it has a place to stay.  Such a
 * principal goes again with the last order that it was made for, if nobody has
 * put anything else into it.
 *
 * An attribute goes first when something is ordered, and last when that is
 * undone.  So an interruption leaves words that mean nothing, and never a flag
 * that nobody set.  A principal that is made to be blocked is so from the
 * beginning: interrupted then, it is blocked as if by kadmin.
 */
#include "config.h"
#include <errno.h>
#include <string.h>
#include <kadm5/admin.h>
#include "exchange/kx_room.h"
#include "exchange/orders.h"
#include "store/store.h"

/* What is done to one principal: under the database's lock, with its entry,
 * which is NULL if there is none. */
struct order {
    struct kx_kadm_store *kadm;
    krb5_principal name;
    krb5_db_entry *entry;
    time_t now;
    krb5_boolean only_expired;
    krb5_boolean blocks; /* whether it is to be blocked afterwards */
};

typedef krb5_error_code order_fn(struct order *order,
                                 enum kx_ordered *ordered);

/* Create the principal without keys, blocked or not. */
static krb5_error_code
create(const struct order *order, krb5_boolean blocked)
{
    kadm5_principal_ent_rec entry = {0};

    entry.principal = order->name;
    entry.attributes = KRB5_KDB_LOCKDOWN_KEYS;
    if (blocked)
        entry.attributes |= KRB5_KDB_DISALLOW_ALL_TIX;
    return kadm5_create_principal_3(
        order->kadm->handle, &entry,
        KADM5_PRINCIPAL | KADM5_ATTRIBUTES | KADM5_PRINC_EXPIRE_TIME |
            KADM5_MAX_LIFE | KADM5_MAX_RLIFE | KADM5_KEY_DATA,
        0, NULL, NULL);
}

/* Set the flag by which an entry is blocked, or take it away. */
static krb5_error_code
set_flag(const struct order *order, krb5_boolean blocked)
{
    kadm5_principal_ent_rec entry = {0};

    entry.principal = order->name;
    entry.attributes = order->entry->attributes & ~KRB5_KDB_DISALLOW_ALL_TIX;
    if (blocked)
        entry.attributes |= KRB5_KDB_DISALLOW_ALL_TIX;
    return kadm5_modify_principal(order->kadm->handle, &entry,
                                  KADM5_ATTRIBUTES);
}

/* Write down, under the attribute's name, what was ordered. */
static krb5_error_code
write_order(const struct order *order, const char *attribute,
            const struct kx_order *made)
{
    char text[KX_ORDER_TEXT_SIZE];

    return kadm5_set_string(order->kadm->handle, order->name, attribute,
                            kx_order_text(made, text));
}

/* *empty tells whether entry has nothing but the order under attribute: no
 * keys, no other string attributes, no other limits. */
static krb5_error_code
is_empty_but(const struct order *order, const char *attribute,
             krb5_boolean *empty)
{
    const krb5_db_entry *entry = order->entry;
    krb5_string_attr *strings = NULL;
    krb5_error_code ret;
    int n = 0, i;

    *empty = entry->n_key_data == 0 && entry->expiration == 0 &&
             (entry->attributes & ~KRB5_KDB_DISALLOW_ALL_TIX) ==
                 KRB5_KDB_LOCKDOWN_KEYS;
    ret =
        krb5_dbe_get_strings(order->kadm->context, order->entry, &strings, &n);
    for (i = 0; ret == 0 && i < n; i++) {
        if (strcmp(strings[i].key, attribute) != 0)
            *empty = FALSE;
    }
    krb5_dbe_free_strings(order->kadm->context, strings, n);
    return ret;
}

/*
 * Take away the order under attribute, which is given: with it the principal,
 * if it was made for that and has nothing else.  Another order takes that
 * knowledge over.
 */
static krb5_error_code
remove_order(const struct order *order, const char *attribute,
             const struct kx_order *given, const char *other)
{
    krb5_context context = order->kadm->context;
    struct kx_order heir;
    krb5_boolean empty;
    krb5_error_code ret;

    ret = is_empty_but(order, attribute, &empty);
    if (ret == 0)
        ret = kx_order_read(context, order->entry, other, &heir);
    if (ret)
        return ret;
    if (given->made_entry && empty)
        return kadm5_delete_principal(order->kadm->handle, order->name);
    if (given->made_entry && heir.given && heir.at != 0) {
        heir.made_entry = TRUE;
        ret = write_order(order, other, &heir);
    }
    if (ret == 0 && given->made_flag && kx_entry_is_blocked(order->entry))
        ret = set_flag(order, FALSE);
    if (ret == 0)
        ret = kadm5_set_string(order->kadm->handle, order->name, attribute,
                               NULL);
    return ret;
}

static krb5_error_code
block(struct order *order, enum kx_ordered *ordered)
{
    struct kx_order made = {TRUE, order->now, FALSE, TRUE}, before;
    krb5_error_code ret;

    order->blocks = TRUE;
    if (order->entry == NULL) {
        made.made_entry = TRUE;
        ret = create(order, TRUE);
        return ret ? ret : write_order(order, KX_BLOCKED_NAME, &made);
    }
    ret = kx_order_read(order->kadm->context, order->entry, KX_BLOCKED_NAME,
                        &before);
    if (ret)
        return ret;
    if (kx_entry_is_blocked(order->entry)) {
        *ordered = before.given ? KX_ORDERED_ALREADY : KX_ORDERED_BY_HAND;
        return 0;
    }
    /* Somebody may have taken the flag away by hand. */
    made.made_entry = before.made_entry;
    ret = write_order(order, KX_BLOCKED_NAME, &made);
    return ret ? ret : set_flag(order, TRUE);
}

static krb5_error_code
allow(struct order *order, enum kx_ordered *ordered)
{
    struct kx_order given = {0};
    krb5_error_code ret = 0;

    if (order->entry != NULL)
        ret = kx_order_read(order->kadm->context, order->entry,
                            KX_BLOCKED_NAME, &given);
    if (ret)
        return ret;
    if (given.given)
        return remove_order(order, KX_BLOCKED_NAME, &given, KX_KEPT_NAME);
    *ordered = KX_ORDERED_NOTHING;
    if (order->entry != NULL && kx_entry_is_blocked(order->entry)) {
        order->blocks = TRUE;
        *ordered = KX_ORDERED_BY_HAND;
    }
    return 0;
}

static krb5_error_code
keep(struct order *order, enum kx_ordered *ordered)
{
    struct kx_order made = {TRUE, order->now, FALSE, FALSE};
    struct kx_life life;
    krb5_error_code ret;

    if (order->entry == NULL) {
        made.made_entry = TRUE;
        ret = create(order, FALSE);
        return ret ? ret : write_order(order, KX_KEPT_NAME, &made);
    }
    order->blocks = kx_entry_is_blocked(order->entry);
    ret = kx_life_read(order->kadm->context, order->entry, &life);
    if (ret == 0 && life.damaged)
        ret = KX_ERR_METADATA;
    if (ret)
        return ret;
    if (life.kept)
        *ordered = KX_ORDERED_ALREADY;
    else if (life.by_hand)
        *ordered = KX_ORDERED_BY_HAND;
    else
        ret = write_order(order, KX_KEPT_NAME, &made);
    return ret;
}

static krb5_error_code
drop(struct order *order, enum kx_ordered *ordered)
{
    struct kx_order given = {0};
    krb5_error_code ret = 0;

    if (order->entry != NULL) {
        order->blocks = kx_entry_is_blocked(order->entry);
        ret = kx_order_read(order->kadm->context, order->entry, KX_KEPT_NAME,
                            &given);
    }
    if (ret)
        return ret;
    if (given.given)
        return remove_order(order, KX_KEPT_NAME, &given, KX_BLOCKED_NAME);
    *ordered = KX_ORDERED_NOTHING;
    return 0;
}

static krb5_error_code
purge(struct order *order, enum kx_ordered *ordered)
{
    struct kx_order blocked = {0};
    struct kx_life life = {0};
    krb5_error_code ret = 0;

    if (order->entry != NULL)
        ret = kx_life_read(order->kadm->context, order->entry, &life);
    if (ret == 0 && life.ours)
        ret = kx_order_read(order->kadm->context, order->entry,
                            KX_BLOCKED_NAME, &blocked);
    if (ret)
        return ret;
    order->blocks = life.blocked;
    if (!life.ours) {
        *ordered = life.by_hand || life.damaged ? KX_ORDERED_BY_HAND
                                                : KX_ORDERED_NOTHING;
        return 0;
    }
    if (order->only_expired && (life.last_till > order->now || life.kept)) {
        *ordered = KX_ORDERED_NOTHING;
        return 0;
    }
    ret = kadm5_delete_principal(order->kadm->handle, order->name);
    if (ret || !life.blocked)
        return ret;
    ret = create(order, TRUE);
    if (ret || !blocked.given)
        return ret;
    blocked.made_entry = TRUE;
    return write_order(order, KX_BLOCKED_NAME, &blocked);
}

/* db2 writes when it is unlocked, and does not say whether that went well: see
 * that the principal is blocked now, or is not. */
static krb5_error_code
see(struct order *order)
{
    krb5_db_entry *entry = NULL;
    krb5_error_code ret;
    krb5_boolean blocks;

    ret = kx_store_fetch_patiently(order->kadm, order->name, &entry);
    if (ret)
        return ret;
    blocks = entry != NULL && kx_entry_is_blocked(entry);
    krb5_db_free_principal(order->kadm->context, entry);
    if (blocks != order->blocks)
        return kx_error(order->kadm->context, KX_ERR_STORE,
                        "what was written is not there; is the disk full?");
    return 0;
}

/* Do function to order, under the database's lock. */
static krb5_error_code
carry_out(struct order *order, order_fn *function, enum kx_ordered *ordered)
{
    struct kx_kadm_store *kadm = order->kadm;
    krb5_boolean locked;
    krb5_error_code ret;

    *ordered = KX_ORDERED;
    ret = kx_room_check(kadm->context);
    if (ret == 0)
        ret = kx_store_lock(kadm, &locked);
    /* Who may not write is to hear that. */
    if (ret == KRB5_KDB_CANTLOCK_DB)
        return ret;
    if (ret == 0) {
        ret = kx_store_fetch(kadm, order->name, &order->entry);
        if (ret == 0)
            ret = function(order, ordered);
        if (locked)
            (void)kadm5_unlock(kadm->handle);
    }
    krb5_db_free_principal(kadm->context, order->entry);
    if (ret == 0)
        ret = see(order);
    return kx_store_explain(kadm, order->name, ret);
}

krb5_error_code
kx_kadm_store_block(struct kx_kadm_store *kadm, krb5_principal name,
                    time_t now, enum kx_ordered *ordered)
{
    struct order order = {.kadm = kadm, .name = name, .now = now};

    return carry_out(&order, block, ordered);
}

krb5_error_code
kx_kadm_store_allow(struct kx_kadm_store *kadm, krb5_principal name,
                    enum kx_ordered *ordered)
{
    struct order order = {.kadm = kadm, .name = name};

    return carry_out(&order, allow, ordered);
}

krb5_error_code
kx_kadm_store_keep(struct kx_kadm_store *kadm, krb5_principal name, time_t now,
                   enum kx_ordered *ordered)
{
    struct order order = {.kadm = kadm, .name = name, .now = now};

    return carry_out(&order, keep, ordered);
}

krb5_error_code
kx_kadm_store_drop(struct kx_kadm_store *kadm, krb5_principal name,
                   enum kx_ordered *ordered)
{
    struct order order = {.kadm = kadm, .name = name};

    return carry_out(&order, drop, ordered);
}

krb5_error_code
kx_kadm_store_purge(struct kx_kadm_store *kadm, krb5_principal name,
                    krb5_boolean only_expired, time_t now,
                    enum kx_ordered *ordered)
{
    struct order order = {
        .kadm = kadm, .name = name, .now = now, .only_expired = only_expired};

    return carry_out(&order, purge, ordered);
}
