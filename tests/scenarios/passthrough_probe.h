/*
 * passthrough_probe.h: what the two halves of the probe share.
 */
#ifndef PASSTHROUGH_PROBE_H
#define PASSTHROUGH_PROBE_H

#include <kdb.h>

/* What the probe hangs into entries, and how far behind the pointer that
 * free() would want: only the probe can free it. */
#define PROBE_MARK "the probe's own"
#define PROBE_OFFSET 32

/* db2's own methods. */
extern kdb_vftabl probe_db2;

/* Write one line to the log. */
void probe_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Note how a call ended, and return that. */
krb5_error_code probe_done(const char *method, krb5_error_code code);

/* A principal's name, an entry's, or "-"; static storage, four at a time. */
const char *probe_name_of(krb5_context context, krb5_const_principal name);
const char *probe_entry_of(krb5_context context, const krb5_db_entry *entry);

/* The methods that db2 does not have, or that are more than db2's
 * (passthrough_probe_own.c). */
krb5_error_code probe_fetch_master_key(krb5_context context,
                                       krb5_principal name, krb5_keyblock *key,
                                       krb5_kvno *kvno, char *file);
krb5_error_code probe_fetch_master_key_list(krb5_context context,
                                            krb5_principal name,
                                            const krb5_keyblock *key,
                                            krb5_keylist_node **list_out);
krb5_error_code probe_store_master_key_list(krb5_context context, char *file,
                                            krb5_principal name,
                                            krb5_keylist_node *list,
                                            char *password);
krb5_error_code probe_dbe_search_enctype(krb5_context context,
                                         krb5_db_entry *entry,
                                         krb5_int32 *start, krb5_int32 enctype,
                                         krb5_int32 salttype, krb5_int32 kvno,
                                         krb5_key_data **key_data_out);
krb5_error_code probe_change_pwd(krb5_context context,
                                 krb5_keyblock *master_key,
                                 krb5_key_salt_tuple *keysalts, int n_keysalts,
                                 char *password, int kvno,
                                 krb5_boolean keepold, krb5_db_entry *entry);
krb5_error_code probe_decrypt_key_data(krb5_context context,
                                       const krb5_keyblock *master_key,
                                       const krb5_key_data *data,
                                       krb5_keyblock *key_out,
                                       krb5_keysalt *salt_out);
krb5_error_code probe_encrypt_key_data(krb5_context context,
                                       const krb5_keyblock *master_key,
                                       const krb5_keyblock *key,
                                       const krb5_keysalt *salt, int kvno,
                                       krb5_key_data *data);
krb5_error_code probe_check_transited_realms(krb5_context context,
                                             const krb5_data *transited,
                                             const krb5_data *client,
                                             const krb5_data *server);
krb5_error_code probe_check_policy_as(krb5_context context,
                                      krb5_kdc_req *request,
                                      krb5_db_entry *client,
                                      krb5_db_entry *server,
                                      krb5_timestamp now, const char **status,
                                      krb5_pa_data ***e_data_out);
krb5_error_code probe_check_policy_tgs(
    krb5_context context, krb5_kdc_req *request, krb5_db_entry *server,
    krb5_ticket *ticket, const char **status, krb5_pa_data ***e_data_out);
void probe_audit_as_req(krb5_context context, krb5_kdc_req *request,
                        const krb5_address *local, const krb5_address *remote,
                        krb5_db_entry *client, krb5_db_entry *server,
                        krb5_timestamp now, krb5_error_code code);
void probe_refresh_config(krb5_context context);
krb5_error_code probe_check_allowed_to_delegate(krb5_context context,
                                                krb5_const_principal client,
                                                const krb5_db_entry *server,
                                                krb5_const_principal proxy);
krb5_error_code probe_get_s4u_x509_principal(krb5_context context,
                                             const krb5_data *certificate,
                                             krb5_const_principal name,
                                             unsigned int flags,
                                             krb5_db_entry **entry_out);
krb5_error_code probe_allowed_to_delegate_from(krb5_context context,
                                               krb5_const_principal client,
                                               krb5_const_principal server,
                                               krb5_pac pac,
                                               const krb5_db_entry *proxy);
krb5_error_code probe_issue_pac(krb5_context context, unsigned int flags,
                                krb5_db_entry *client,
                                krb5_keyblock *reply_key,
                                krb5_db_entry *server, krb5_db_entry *krbtgt,
                                krb5_timestamp authtime, krb5_pac old_pac,
                                krb5_pac new_pac, krb5_data ***indicators);

#endif /* PASSTHROUGH_PROBE_H */
