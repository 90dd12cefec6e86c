/*
 * passthrough_probe_own.c: methods of the probe's own.
 *
 * Master keys that are nowhere but here, keys that are kept in the open,
 * opinions about logins and delegation, a buffer in each PAC: enough of each
 * to see whether what was said arrived.
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/scenarios/passthrough_probe.h"

/* A master key in few words: the probe's are of one byte repeated. */
static const char *
key_of(const krb5_keyblock *key)
{
    static char text[8];
    unsigned int i;

    if (key == NULL)
        return "no key";
    for (i = 1; i < key->length; i++) {
        if (key->contents[i] != key->contents[0])
            return "a key";
    }
    (void)snprintf(text, sizeof(text), "key %02x", key->contents[0]);
    return text;
}

/* A master key that is nowhere but here. */
static krb5_error_code
make_master_key(krb5_context context, krb5_kvno kvno, krb5_keyblock *key_out)
{
    krb5_keyblock *key;
    krb5_error_code code;

    code =
        krb5_init_keyblock(context, ENCTYPE_AES256_CTS_HMAC_SHA1_96, 32, &key);
    if (code)
        return code;
    memset(key->contents, (int)kvno, key->length);
    *key_out = *key;
    free(key);
    return 0;
}

krb5_error_code
probe_fetch_master_key(krb5_context context, krb5_principal name,
                       krb5_keyblock *key, krb5_kvno *kvno, char *file)
{
    probe_note("fetch_master_key %s enctype %d kvno %u file %s",
               probe_name_of(context, name), key->enctype,
               (kvno != NULL) ? *kvno : 0, (file != NULL) ? "given" : "-");
    if (kvno != NULL)
        *kvno = 1;
    return probe_done("fetch_master_key", make_master_key(context, 1, key));
}

krb5_error_code
probe_fetch_master_key_list(krb5_context context, krb5_principal name,
                            const krb5_keyblock *key,
                            krb5_keylist_node **list_out)
{
    krb5_keylist_node *list = calloc(1, sizeof(*list));
    krb5_keylist_node *next = calloc(1, sizeof(*next));

    probe_note("fetch_master_key_list %s with %02x",
               probe_name_of(context, name), key->contents[0]);
    if (list == NULL || next == NULL)
        abort();
    list->next = next;
    list->kvno = 1;
    next->kvno = 9;
    (void)make_master_key(context, list->kvno, &list->keyblock);
    (void)make_master_key(context, next->kvno, &next->keyblock);
    *list_out = list;
    return probe_done("fetch_master_key_list", 0);
}

krb5_error_code
probe_store_master_key_list(krb5_context context, char *file,
                            krb5_principal name, krb5_keylist_node *list,
                            char *password)
{
    probe_note("store_master_key_list %s file %s password %s",
               probe_name_of(context, name), (file != NULL) ? "given" : "-",
               (password != NULL) ? password : "-");
    for (; list != NULL; list = list->next)
        probe_note("store_master_key_list: %u with %02x", list->kvno,
                   list->keyblock.contents[0]);
    return probe_done("store_master_key_list", 0);
}

/* The newest key of the encryption type, whatever salt and version. */
krb5_error_code
probe_dbe_search_enctype(krb5_context context, krb5_db_entry *entry,
                         krb5_int32 *start, krb5_int32 enctype,
                         krb5_int32 salttype, krb5_int32 kvno,
                         krb5_key_data **key_data_out)
{
    krb5_int32 i;

    probe_note("dbe_search_enctype %s from %d enctype %d salttype %d kvno %d",
               probe_entry_of(context, entry), *start, enctype, salttype,
               kvno);
    for (i = *start; i < entry->n_key_data; i++) {
        if (enctype >= 0 && entry->key_data[i].key_data_type[0] != enctype)
            continue;
        *start = i + 1;
        *key_data_out = &entry->key_data[i];
        return probe_done("dbe_search_enctype", 0);
    }
    return probe_done("dbe_search_enctype", KRB5_KDB_NO_MATCHING_KEY);
}

krb5_error_code
probe_change_pwd(krb5_context context, krb5_keyblock *master_key,
                 krb5_key_salt_tuple *keysalts, int n_keysalts, char *password,
                 int kvno, krb5_boolean keepold, krb5_db_entry *entry)
{
    (void)keysalts;
    probe_note("change_pwd %s to %s kvno %d keepold %u, %d keysalts, with %s",
               probe_entry_of(context, entry), password, kvno, keepold,
               n_keysalts, key_of(master_key));
    krb5_set_error_message(context, KRB5_KDB_CANTLOCK_DB,
                           "passwords are changed elsewhere");
    return probe_done("change_pwd", KRB5_KDB_CANTLOCK_DB);
}

/* A key is kept in the open, each byte turned over by its version. */
krb5_error_code
probe_decrypt_key_data(krb5_context context, const krb5_keyblock *master_key,
                       const krb5_key_data *data, krb5_keyblock *key_out,
                       krb5_keysalt *salt_out)
{
    krb5_keyblock *key;
    krb5_error_code code;
    unsigned int i;

    probe_note("decrypt_key_data kvno %d with %s%s", data->key_data_kvno,
               key_of(master_key), (salt_out != NULL) ? " and salt" : "");
    code = krb5_init_keyblock(context, data->key_data_type[0],
                              data->key_data_length[0], &key);
    if (code)
        return probe_done("decrypt_key_data", code);
    for (i = 0; i < key->length; i++)
        key->contents[i] =
            data->key_data_contents[0][i] ^ (krb5_octet)data->key_data_kvno;
    *key_out = *key;
    free(key);
    if (salt_out != NULL) {
        memset(salt_out, 0, sizeof(*salt_out));
        salt_out->type = KRB5_KDB_SALTTYPE_NORMAL;
    }
    return probe_done("decrypt_key_data", 0);
}

krb5_error_code
probe_encrypt_key_data(krb5_context context, const krb5_keyblock *master_key,
                       const krb5_keyblock *key, const krb5_keysalt *salt,
                       int kvno, krb5_key_data *data)
{
    unsigned int i;

    (void)context;
    probe_note("encrypt_key_data kvno %d with %s%s", kvno, key_of(master_key),
               (salt != NULL) ? " and salt" : "");
    memset(data, 0, sizeof(*data));
    data->key_data_ver = 1;
    data->key_data_kvno = (krb5_ui_2)kvno;
    data->key_data_type[0] = (krb5_int16)key->enctype;
    data->key_data_contents[0] = malloc(key->length);
    if (data->key_data_contents[0] == NULL)
        abort();
    data->key_data_length[0] = (krb5_ui_2)key->length;
    for (i = 0; i < key->length; i++)
        data->key_data_contents[0][i] = key->contents[i] ^ (krb5_octet)kvno;
    return probe_done("encrypt_key_data", 0);
}

krb5_error_code
probe_check_transited_realms(krb5_context context, const krb5_data *transited,
                             const krb5_data *client, const krb5_data *server)
{
    (void)context;
    probe_note("check_transited_realms %u bytes, %.*s to %.*s",
               transited->length, (int)client->length, client->data,
               (int)server->length, server->data);
    return probe_done("check_transited_realms", KRB5_PLUGIN_NO_HANDLE);
}

/* Is an entry as this module made it? */
static const char *
whose(const krb5_db_entry *entry)
{
    if (entry == NULL || entry->e_data == NULL)
        return "nobody's";
    return (strcmp((const char *)entry->e_data, PROBE_MARK) == 0)
               ? "ours"
               : "somebody's";
}

/* bob may not log in; the refusal carries data. */
krb5_error_code
probe_check_policy_as(krb5_context context, krb5_kdc_req *request,
                      krb5_db_entry *client, krb5_db_entry *server,
                      krb5_timestamp now, const char **status,
                      krb5_pa_data ***e_data_out)
{
    krb5_pa_data **list;

    probe_note("check_policy_as %s (%s) for %s (%s), request type %d",
               probe_entry_of(context, client), whose(client),
               probe_entry_of(context, server), whose(server),
               request->msg_type);
    if (strncmp(probe_entry_of(context, client), "bob@", 4) != 0)
        return probe_done("check_policy_as",
                          probe_db2.check_policy_as(context, request, client,
                                                    server, now, status,
                                                    e_data_out));
    list = calloc(2, sizeof(krb5_pa_data *));
    list[0] = calloc(1, sizeof(**list));
    list[0]->pa_type = 1234;
    list[0]->length = 3;
    list[0]->contents = (krb5_octet *)strdup("why");
    *e_data_out = list;
    *status = "PROBE_DISLIKES_BOB";
    return probe_done("check_policy_as", KRB5KDC_ERR_POLICY);
}

krb5_error_code
probe_check_policy_tgs(krb5_context context, krb5_kdc_req *request,
                       krb5_db_entry *server, krb5_ticket *ticket,
                       const char **status, krb5_pa_data ***e_data_out)
{
    (void)ticket;
    (void)status;
    (void)e_data_out;
    probe_note("check_policy_tgs %s (%s), request type %d",
               probe_entry_of(context, server), whose(server),
               request->msg_type);
    return probe_done("check_policy_tgs", 0);
}

void
probe_audit_as_req(krb5_context context, krb5_kdc_req *request,
                   const krb5_address *local, const krb5_address *remote,
                   krb5_db_entry *client, krb5_db_entry *server,
                   krb5_timestamp now, krb5_error_code code)
{
    krb5_octet *e_data = (client != NULL) ? client->e_data : NULL;

    probe_note(
        "audit_as_req %s (%s) for %s, %u and %u bytes of address, code %ld",
        probe_entry_of(context, client), whose(client),
        probe_entry_of(context, server), local->length, remote->length,
        (long)code);
    if (client != NULL)
        client->e_data = NULL;
    probe_db2.audit_as_req(context, request, local, remote, client, server,
                           now, code);
    if (client != NULL)
        client->e_data = e_data;
}

void
probe_refresh_config(krb5_context context)
{
    (void)context;
    probe_note("refresh_config");
}

/* Whom a service may act towards: hosts.  Towards others, they decide. */
krb5_error_code
probe_check_allowed_to_delegate(krb5_context context,
                                krb5_const_principal client,
                                const krb5_db_entry *server,
                                krb5_const_principal proxy)
{
    probe_note("check_allowed_to_delegate %s by %s (%s) to %s",
               probe_name_of(context, client), probe_entry_of(context, server),
               whose(server), probe_name_of(context, proxy));
    return probe_done("check_allowed_to_delegate",
                      strncmp(probe_name_of(context, proxy), "host/", 5) == 0
                          ? 0
                          : KRB5KDC_ERR_BADOPTION);
}

krb5_error_code
probe_get_s4u_x509_principal(krb5_context context,
                             const krb5_data *certificate,
                             krb5_const_principal name, unsigned int flags,
                             krb5_db_entry **entry_out)
{
    (void)entry_out;
    probe_note("get_s4u_x509_principal %s, %u bytes, flags %x",
               probe_name_of(context, name), certificate->length, flags);
    return probe_done("get_s4u_x509_principal", KRB5_KDB_NOENTRY);
}

krb5_error_code
probe_allowed_to_delegate_from(krb5_context context,
                               krb5_const_principal client,
                               krb5_const_principal server, krb5_pac pac,
                               const krb5_db_entry *proxy)
{
    probe_note("allowed_to_delegate_from %s by %s (%s PAC) to %s (%s)",
               probe_name_of(context, client), probe_name_of(context, server),
               (pac != NULL) ? "with" : "without",
               probe_entry_of(context, proxy), whose(proxy));
    return probe_done("allowed_to_delegate_from", 0);
}

/* Each PAC gets a buffer from here, and is looked for one. */
krb5_error_code
probe_issue_pac(krb5_context context, unsigned int flags,
                krb5_db_entry *client, krb5_keyblock *reply_key,
                krb5_db_entry *server, krb5_db_entry *krbtgt,
                krb5_timestamp authtime, krb5_pac old_pac, krb5_pac new_pac,
                krb5_data ***indicators)
{
    static char text[] = "from the probe";
    krb5_data data = {KV5M_DATA, sizeof(text), text};
    krb5_data found = {0};
    krb5_error_code code = KRB5_KDB_NOENTRY;

    (void)authtime;
    if (old_pac != NULL)
        code = krb5_pac_get_buffer(context, old_pac, 12345, &found);
    probe_note(
        "issue_pac flags %x %s (%s) for %s by %s, %s key, %s indicators, "
        "old one has %s",
        flags, probe_entry_of(context, client), whose(client),
        probe_entry_of(context, server), probe_entry_of(context, krbtgt),
        (reply_key != NULL) ? "a" : "no", (*indicators != NULL) ? "" : "no",
        (code == 0) ? found.data : "nothing");
    krb5_free_data_contents(context, &found);
    return probe_done("issue_pac",
                      krb5_pac_add_buffer(context, new_pac, 12345, &data));
}
