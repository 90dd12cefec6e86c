/*
 * methods.h: the module's methods, as libkdb5 calls them.
 *
 * What each must do is said in krb5's kdb.h, at struct _kdb_vftabl; here is
 * only which file has it.  Each returns what the method of the database behind
 * us returns, with its message in context, or an error of kx_module_enter().
 */
#ifndef KX_PLUGIN_METHODS_H
#define KX_PLUGIN_METHODS_H

#include <kdb.h>

/* principal.c */
krb5_error_code kx_get_principal(krb5_context context,
                                 krb5_const_principal search_for,
                                 unsigned int flags,
                                 krb5_db_entry **entry_out);
krb5_error_code kx_put_principal(krb5_context context, krb5_db_entry *entry,
                                 char **db_args);
krb5_error_code kx_delete_principal(krb5_context context,
                                    krb5_const_principal search_for);
void kx_free_principal_e_data(krb5_context context, krb5_octet *e_data);

/* keys.c */
krb5_error_code kx_fetch_master_key(krb5_context context, krb5_principal name,
                                    krb5_keyblock *key, krb5_kvno *kvno,
                                    char *stash_file);
krb5_error_code kx_fetch_master_key_list(krb5_context context,
                                         krb5_principal name,
                                         const krb5_keyblock *key,
                                         krb5_keylist_node **list_out);
krb5_error_code kx_store_master_key_list(krb5_context context,
                                         char *stash_file, krb5_principal name,
                                         krb5_keylist_node *list,
                                         char *password);
krb5_error_code kx_search_enctype(krb5_context context, krb5_db_entry *entry,
                                  krb5_int32 *start, krb5_int32 enctype,
                                  krb5_int32 salttype, krb5_int32 kvno,
                                  krb5_key_data **key_data_out);
krb5_error_code kx_change_pwd(krb5_context context, krb5_keyblock *master_key,
                              krb5_key_salt_tuple *keysalts, int n_keysalts,
                              char *password, int kvno, krb5_boolean keepold,
                              krb5_db_entry *entry);
krb5_error_code kx_decrypt_key_data(krb5_context context,
                                    const krb5_keyblock *master_key,
                                    const krb5_key_data *key_data,
                                    krb5_keyblock *key_out,
                                    krb5_keysalt *salt_out);
krb5_error_code kx_encrypt_key_data(krb5_context context,
                                    const krb5_keyblock *master_key,
                                    const krb5_keyblock *key,
                                    const krb5_keysalt *salt, int kvno,
                                    krb5_key_data *key_data_out);

/* passthrough.c */
krb5_error_code kx_get_age(krb5_context context, char *name, time_t *age);
krb5_error_code kx_lock(krb5_context context, int mode);
krb5_error_code kx_unlock(krb5_context context);
krb5_error_code kx_iterate(krb5_context context, char *match_entry,
                           int (*func)(krb5_pointer, krb5_db_entry *),
                           krb5_pointer func_arg, krb5_flags flags);
krb5_error_code kx_create_policy(krb5_context context,
                                 osa_policy_ent_t policy);
krb5_error_code kx_get_policy(krb5_context context, char *name,
                              osa_policy_ent_t *policy_out);
krb5_error_code kx_put_policy(krb5_context context, osa_policy_ent_t policy);
krb5_error_code kx_iter_policy(krb5_context context, char *match_entry,
                               osa_adb_iter_policy_func func, void *func_arg);
krb5_error_code kx_delete_policy(krb5_context context, char *name);
krb5_error_code kx_check_transited_realms(krb5_context context,
                                          const krb5_data *transited,
                                          const krb5_data *client_realm,
                                          const krb5_data *server_realm);
krb5_error_code kx_check_policy_as(krb5_context context, krb5_kdc_req *request,
                                   krb5_db_entry *client,
                                   krb5_db_entry *server,
                                   krb5_timestamp kdc_time,
                                   const char **status,
                                   krb5_pa_data ***e_data_out);
krb5_error_code kx_check_policy_tgs(krb5_context context,
                                    krb5_kdc_req *request,
                                    krb5_db_entry *server, krb5_ticket *ticket,
                                    const char **status,
                                    krb5_pa_data ***e_data_out);
void kx_audit_as_req(krb5_context context, krb5_kdc_req *request,
                     const krb5_address *local_addr,
                     const krb5_address *remote_addr, krb5_db_entry *client,
                     krb5_db_entry *server, krb5_timestamp authtime,
                     krb5_error_code outcome);
krb5_error_code kx_check_allowed_to_delegate(krb5_context context,
                                             krb5_const_principal client,
                                             const krb5_db_entry *server,
                                             krb5_const_principal proxy);
krb5_error_code kx_get_s4u_x509_principal(krb5_context context,
                                          const krb5_data *client_cert,
                                          krb5_const_principal name,
                                          unsigned int flags,
                                          krb5_db_entry **entry_out);
krb5_error_code kx_allowed_to_delegate_from(krb5_context context,
                                            krb5_const_principal client,
                                            krb5_const_principal server,
                                            krb5_pac server_pac,
                                            const krb5_db_entry *proxy);
krb5_error_code kx_issue_pac(krb5_context context, unsigned int flags,
                             krb5_db_entry *client,
                             krb5_keyblock *replaced_reply_key,
                             krb5_db_entry *server,
                             krb5_db_entry *signing_krbtgt,
                             krb5_timestamp authtime, krb5_pac old_pac,
                             krb5_pac new_pac, krb5_data ***auth_indicators);

#endif /* KX_PLUGIN_METHODS_H */
