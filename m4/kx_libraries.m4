dnl How configure finds what kxover stands on, and says what is missing.

dnl KX_MISSING(WHAT, DEBIAN-PACKAGE): remember one thing for KX_REPORT_MISSING.
AC_DEFUN([KX_MISSING],
    [kx_missing="$kx_missing
  $1 (Debian package: $2)"])

dnl KX_LIBRARY(VARIABLE-PREFIX, PKG-CONFIG-MODULES, DEBIAN-PACKAGE)
AC_DEFUN([KX_LIBRARY], [
    AC_REQUIRE([PKG_PROG_PKG_CONFIG])
    PKG_CHECK_MODULES([$1], [$2], [], [KX_MISSING([$2], [$3])])
])

dnl KX_PROGRAM(VARIABLE, PROGRAM, DEBIAN-PACKAGE)
AC_DEFUN([KX_PROGRAM], [
    AC_PATH_PROG([$1], [$2], [])
    AS_IF([test -z "$$1"], [KX_MISSING([$2], [$3])])
])

dnl The module speaks version 9 of krb5's database layer: krb5 1.20 and later.
AC_DEFUN([KX_KDB_HEADERS], [
    AC_CACHE_CHECK([for kdb.h with KDB module interface 9], [kx_cv_kdb_headers], [
        kx_save_CPPFLAGS=$CPPFLAGS
        CPPFLAGS="$CPPFLAGS $KDB_CFLAGS"
        AC_PREPROC_IFELSE([AC_LANG_SOURCE([
#include <kdb.h>
#if KRB5_KDB_DAL_MAJOR_VERSION != 9
#error another interface
#endif
        ])], [kx_cv_kdb_headers=yes], [kx_cv_kdb_headers=no])
        CPPFLAGS=$kx_save_CPPFLAGS
    ])
    AS_IF([test "$kx_cv_kdb_headers" = no],
        [KX_MISSING([kdb.h with KDB module interface 9], [libkrb5-dev])])
])

dnl krb5's daemons log through functions of libkadm5srv that no public header
dnl declares.
AC_DEFUN([KX_KLOG], [
    AC_CACHE_CHECK([for krb5_klog_init in libkadm5srv], [kx_cv_klog], [
        kx_save_LIBS=$LIBS
        LIBS="$KADM_LIBS $KRB5_LIBS $LIBS"
        AC_LINK_IFELSE([AC_LANG_PROGRAM([
            int krb5_klog_init(void);
            int krb5_klog_syslog(void);
            int krb5_klog_close(void);
        ], [
            return krb5_klog_init() + krb5_klog_syslog() + krb5_klog_close();
        ])], [kx_cv_klog=yes], [kx_cv_klog=no])
        LIBS=$kx_save_LIBS
    ])
    AS_IF([test "$kx_cv_klog" = no],
        [KX_MISSING([krb5_klog_init in libkadm5srv], [libkrb5-dev])])
])

dnl The trust anchor that DNSSEC starts from when no unbound.conf is named.
AC_DEFUN([KX_ROOT_KEY], [
    AC_ARG_WITH([root-key],
        [AS_HELP_STRING([--with-root-key=FILE],
            [the DNS root's trust anchor @<:@/usr/share/dns/root.key@:>@])],
        [], [with_root_key=/usr/share/dns/root.key])
    AC_DEFINE_UNQUOTED([KX_ROOT_KEY_FILE], ["$with_root_key"],
        [The DNS root's trust anchor.])
])

dnl Where libkrb5 looks for kdc.conf when KRB5_KDC_PROFILE is not set; no
dnl function of it tells.
AC_DEFUN([KX_KDC_CONF], [
    AC_ARG_WITH([kdc-conf],
        [AS_HELP_STRING([--with-kdc-conf=FILE],
            [krb5's kdc.conf @<:@/etc/krb5kdc/kdc.conf@:>@])],
        [], [with_kdc_conf=/etc/krb5kdc/kdc.conf])
    AC_DEFINE_UNQUOTED([KX_KDC_CONF_FILE], ["$with_kdc_conf"],
        [krb5's kdc.conf.])
])

AC_DEFUN([KX_REPORT_MISSING], [
    AS_IF([test -n "$kx_missing"],
        [AC_MSG_ERROR([kxover cannot be built; missing:$kx_missing])])
])

dnl Where krb5 looks for database modules: <libdir>/krb5/plugins/kdb.  Its own are
dnl always there; ours go there too unless configure is told otherwise.
AC_DEFUN([KX_KDB_PLUGIN_DIR], [
    krb5_kdbplugindir=$($PKG_CONFIG --variable=libdir kdb | sed 's,/mit-krb5$,,')/krb5/plugins/kdb
    AC_ARG_WITH([kdb-plugin-dir],
        [AS_HELP_STRING([--with-kdb-plugin-dir=DIR],
            [krb5's folder of database modules @<:@krb5's own@:>@])],
        [kdbplugindir=$withval], [
        AS_IF([test "$prefix" = NONE],
            [kdbplugindir=$krb5_kdbplugindir],
            [kdbplugindir=$libdir/krb5/plugins/kdb])])
    AC_SUBST([krb5_kdbplugindir])
    AC_SUBST([kdbplugindir])
    dnl Modules of libkrb5 stand beside: krb5.conf names them from there.
    hostrealmplugindir=$(dirname "$kdbplugindir")/hostrealm
    AC_SUBST([hostrealmplugindir])
])

dnl Where the unit of kxoverd goes: systemd looks below /usr and /usr/local.
AC_DEFUN([KX_SYSTEMD_UNIT_DIR], [
    AC_ARG_WITH([systemd-unit-dir],
        [AS_HELP_STRING([--with-systemd-unit-dir=DIR],
            [systemd's folder of units @<:@PREFIX/lib/systemd/system@:>@])],
        [systemdunitdir=$withval], [systemdunitdir='${prefix}/lib/systemd/system'])
    AC_SUBST([systemdunitdir])
])
