//! SIDs of names that are the same in every domain: in English, and as Windows names them in other languages.
//!
//! A backup names built-in groups in the language of the machine that made it (`operations.md` 1.3), and the search in a directory of
//! another language would not find them. The names of the table are those of current versions of Windows, from memory of the product;
//! a name that is missing here is told as one that is not known, never taken for another.

use super::Sid;

/// Authority, sub-authorities, and the names in German, French, Spanish, Portuguese, Italian, Dutch, Polish, Swedish, Danish,
/// Norwegian, Finnish, Hungarian and Russian, as far as they differ from the English one.
type Row = (u64, &'static [u32], &'static [&'static str]);

const LOCALIZED: &[Row] = &[
    (1, &[0], &["Jeder", "Tout le monde", "Todos", "Iedereen", "Wszyscy", "Alla", "Alle", "Kaikki", "Mindenki", "Все"]),
    (
        3,
        &[0],
        &[
            "ERSTELLER-BESITZER",
            "CREATEUR PROPRIETAIRE",
            "CRÉATEUR PROPRIÉTAIRE",
            "PROPRIETARIO AUTORE",
            "СОЗДАТЕЛЬ-ВЛАДЕЛЕЦ",
        ],
    ),
    (3, &[1], &["ERSTELLERGRUPPE", "GROUPE CREATEUR", "GROUPE CRÉATEUR", "GRUPPO AUTORE", "ГРУППА-СОЗДАТЕЛЬ"]),
    (5, &[2], &["NETZWERK", "RESEAU", "RÉSEAU", "RED", "REDE", "RETE", "SIEĆ", "NÄTVERK", "СЕТЬ"]),
    (5, &[3], &["STAPELVERARBEITUNG", "TÂCHE", "LOTE", "ПАКЕТНЫЕ ФАЙЛЫ"]),
    (5, &[4], &["INTERAKTIV", "INTERACTIF", "INTERACTIVO", "INTERATIVO", "INTERAKTYWNA", "ИНТЕРАКТИВНЫЕ"]),
    (5, &[6], &["DIENST", "SERVICIO", "SERVIÇO", "SERVIZIO", "USŁUGA", "TJÄNST", "СЛУЖБА"]),
    (5, &[7], &["ANONYMOUS-ANMELDUNG", "АНОНИМНЫЙ ВХОД"]),
    (
        5,
        &[9],
        &[
            "DOMÄNENCONTROLLER DER ORGANISATION",
            "DOMÄNENCONTROLLER DES UNTERNEHMENS",
            "CONTRÔLEURS DE DOMAINE DE L'ENTREPRISE",
            "CONTROLADORES DE DOMINIO EMPRESARIALES",
        ],
    ),
    (5, &[10], &["SELBST", "SOI", "САМ"]),
    (
        5,
        &[11],
        &[
            "Authentifizierte Benutzer",
            "Utilisateurs authentifiés",
            "Usuarios autentificados",
            "Usuarios autenticados",
            "Usuários autenticados",
            "Utilizadores autenticados",
            "Geverifieerde gebruikers",
            "Użytkownicy uwierzytelnieni",
            "Autentiserade användare",
            "Godkendte brugere",
            "Godkjente brukere",
            "Todennetut käyttäjät",
            "Hitelesített felhasználók",
            "Прошедшие проверку",
        ],
    ),
    (5, &[18], &["Système", "SISTEMA", "SYSTEEM", "СИСТЕМА"]),
    (
        5,
        &[19],
        &[
            "LOKALER DIENST",
            "SERVICE LOCAL",
            "SERVICIO LOCAL",
            "SERVIÇO LOCAL",
            "SERVIZIO LOCALE",
            "LOKALE SERVICE",
            "USŁUGA LOKALNA",
            "LOKAL TJÄNST",
            "ЛОКАЛЬНАЯ СЛУЖБА",
        ],
    ),
    (
        5,
        &[20],
        &[
            "NETZWERKDIENST",
            "SERVICE RESEAU",
            "SERVICE RÉSEAU",
            "SERVICIO DE RED",
            "Servicio de red",
            "SERVIÇO DE REDE",
            "SERVIZIO DI RETE",
            "NETWERKSERVICE",
            "USŁUGA SIECIOWA",
            "NÄTVERKSTJÄNST",
            "СЕТЕВАЯ СЛУЖБА",
        ],
    ),
    (
        5,
        &[113],
        &["Lokales Konto", "Compte local", "Cuenta local", "Conta local", "Account locale", "Локальная учетная запись"],
    ),
    (
        5,
        &[114],
        &[
            "Lokales Konto und Mitglied der Gruppe \"Administratoren\"",
            "Lokales Konto und Mitglied der Gruppe Administratoren",
            "Compte local et membre du groupe Administrateurs",
            "Cuenta local y miembro del grupo de administradores",
        ],
    ),
    (
        5,
        &[32, 544],
        &[
            "Administratoren",
            "Administrateurs",
            "Administradores",
            "Beheerders",
            "Administratorzy",
            "Administratörer",
            "Administratorer",
            "Järjestelmänvalvojat",
            "Rendszergazdák",
            "Администраторы",
        ],
    ),
    (
        5,
        &[32, 545],
        &[
            "Benutzer",
            "Utilisateurs",
            "Usuarios",
            "Usuários",
            "Utilizadores",
            "Gebruikers",
            "Użytkownicy",
            "Användare",
            "Brugere",
            "Brukere",
            "Käyttäjät",
            "Felhasználók",
            "Пользователи",
        ],
    ),
    (
        5,
        &[32, 546],
        &[
            "Gäste",
            "Invités",
            "Invitados",
            "Convidados",
            "Gasten",
            "Goście",
            "Gäster",
            "Gæster",
            "Gjester",
            "Vieraat",
            "Vendégek",
            "Гости",
        ],
    ),
    (
        5,
        &[32, 547],
        &[
            "Hauptbenutzer",
            "Utilisateurs avec pouvoir",
            "Usuarios avanzados",
            "Usuários avançados",
            "Hoofdgebruikers",
            "Użytkownicy zaawansowani",
            "Опытные пользователи",
        ],
    ),
    (
        5,
        &[32, 548],
        &[
            "Konten-Operatoren",
            "Opérateurs de compte",
            "Opers. de cuentas",
            "Operadores de cuentas",
            "Opers. de contas",
            "Operatorzy kont",
            "Операторы учета",
        ],
    ),
    (
        5,
        &[32, 549],
        &[
            "Server-Operatoren",
            "Opérateurs de serveur",
            "Opers. de servidores",
            "Operadores de servidores",
            "Operatorzy serwerów",
            "Операторы сервера",
        ],
    ),
    (
        5,
        &[32, 550],
        &[
            "Druck-Operatoren",
            "Opérateurs d'impression",
            "Opers. de impresión",
            "Operadores de impresión",
            "Opers. de impressão",
            "Operatorzy drukowania",
            "Операторы печати",
        ],
    ),
    (
        5,
        &[32, 551],
        &[
            "Sicherungs-Operatoren",
            "Opérateurs de sauvegarde",
            "Operadores de copia de seguridad",
            "Operadores de cópia",
            "Operadores de Cópia de Segurança",
            "Back-upoperators",
            "Operatorzy kopii zapasowych",
            "Операторы архива",
        ],
    ),
    (5, &[32, 552], &["Replikations-Operator", "Duplicateurs", "Duplicadores", "Replikator", "Репликатор"]),
    (
        5,
        &[32, 554],
        &[
            "Prä-Windows 2000 kompatibler Zugriff",
            "Accès compatible pré-Windows 2000",
            "Acceso compatible con versiones anteriores de Windows 2000",
            "Acesso compatível anterior ao Windows 2000",
            "Dostęp zgodny z systemami starszymi niż Windows 2000",
            "Пред-Windows 2000 доступ",
        ],
    ),
    (
        5,
        &[32, 555],
        &[
            "Remotedesktopbenutzer",
            "Utilisateurs du Bureau à distance",
            "Usuarios de escritorio remoto",
            "Usuários da área de trabalho remota",
            "Utilizadores do ambiente de trabalho remoto",
            "Utenti desktop remoto",
            "Extern bureaublad-gebruikers",
            "Użytkownicy pulpitu zdalnego",
            "Användare av fjärrskrivbord",
            "Пользователи удаленного рабочего стола",
        ],
    ),
    (
        5,
        &[32, 556],
        &[
            "Netzwerkkonfigurations-Operatoren",
            "Opérateurs de configuration réseau",
            "Operadores de configuración de red",
            "Operadores de configuração de rede",
            "Операторы настройки сети",
        ],
    ),
    (
        5,
        &[32, 557],
        &["Erstellungen eingehender Gesamtstrukturvertrauensstellung", "Générateurs d'approbations de forêt entrante"],
    ),
    (
        5,
        &[32, 558],
        &[
            "Leistungsüberwachungsbenutzer",
            "Systemmonitorbenutzer",
            "Utilisateurs de l'Analyseur de performances",
            "Usuarios del monitor de sistema",
            "Пользователи системного монитора",
        ],
    ),
    (
        5,
        &[32, 559],
        &[
            "Leistungsprotokollbenutzer",
            "Utilisateurs du journal de performances",
            "Usuarios del registro de rendimiento",
            "Пользователи журналов производительности",
        ],
    ),
    (
        5,
        &[32, 560],
        &[
            "Windows-Autorisierungszugriffsgruppe",
            "Groupe d'accès d'autorisation Windows",
            "Grupo de acceso de autorización de Windows",
        ],
    ),
    (5, &[32, 561], &["Terminalserver-Lizenzserver", "Serveurs de licences des services Terminal Server"]),
    (
        5,
        &[32, 562],
        &[
            "Distributed COM-Benutzer",
            "Utilisateurs du modèle COM distribué",
            "Usuarios COM distribuidos",
            "Пользователи DCOM",
        ],
    ),
    (
        5,
        &[32, 569],
        &[
            "Kryptografie-Operatoren",
            "Opérateurs de chiffrement",
            "Operadores criptográficos",
            "Криптографические операторы",
        ],
    ),
    (
        5,
        &[32, 573],
        &[
            "Ereignisprotokollleser",
            "Lecteurs des journaux d'événements",
            "Lectores del registro de eventos",
            "Leitores de log de eventos",
            "Читатели журнала событий",
        ],
    ),
    (
        5,
        &[32, 578],
        &["Hyper-V-Administratoren", "Administrateurs Hyper-V", "Administradores de Hyper-V", "Администраторы Hyper-V"],
    ),
    (
        5,
        &[32, 580],
        &[
            "Remoteverwaltungsbenutzer",
            "Utilisateurs de gestion à distance",
            "Usuarios de administración remota",
            "Пользователи удаленного управления",
        ],
    ),
];

/// What stands before the backslash of such a name.
const AUTHORITIES: &[&str] = &[
    "BUILTIN",
    "VORDEFINIERT",
    "INTEGRADO",
    "PREDEFINITO",
    "WBUDOWANE",
    "NT AUTHORITY",
    "NT-AUTORITÄT",
    "AUTORITE NT",
    "AUTORITÉ NT",
    "AUTORIDAD NT",
    "AUTORIDADE NT",
    "ZARZĄDZANIE NT",
    "NT INSTANS",
    "NT-MYNDIGHET",
];

impl Sid {
    /// Returns the SID that has this English name in every domain, with or without the part before its backslash:
    /// `Administrators`, `NT AUTHORITY\SYSTEM`.
    pub fn of_well_known_name(text: &str) -> Option<Sid> {
        Sid::well_known().find(|sid| {
            let name = sid.well_known_name().unwrap_or_default();
            let account = name.split_once('\\').map_or(name, |(_, account)| account);
            name.eq_ignore_ascii_case(text) || account.eq_ignore_ascii_case(text)
        })
    }

    /// Returns the SIDs that are the same in every domain and can be given rights by their names; integrity levels are none.
    pub fn well_known() -> impl Iterator<Item = Sid> {
        let small = (0..=3).flat_map(|authority| (0..=4).map(move |id| (authority, vec![id])));
        let nt = (1..=20).chain([113, 114, 1000]).map(|id| (5, vec![id]));
        let built_in = (544..=600).map(|id| (5, vec![32, id]));
        let others = [(5, vec![80, 0]), (5, vec![90, 0]), (15, vec![2, 1])];
        let candidates = small.chain(nt).chain(built_in).chain(others);
        let sids = candidates.filter_map(|(authority, parts)| Sid::new(authority, &parts));
        sids.filter(|sid| sid.well_known_name().is_some())
    }

    /// Returns the SID that has this name in every domain, in English or in another language of Windows: `Administratoren`,
    /// `NT-AUTORITÄT\NETZWERKDIENST`.
    pub fn of_localized_name(text: &str) -> Option<Sid> {
        let text = text.trim();
        if let Some(sid) = Sid::of_well_known_name(text) {
            return Some(sid);
        }
        let folded = text.to_lowercase().replace('\u{2019}', "'");
        let account = match folded.split_once('\\') {
            Some((authority, account)) => {
                AUTHORITIES.iter().any(|known| known.to_lowercase() == authority).then_some(account)?
            }
            None => folded.as_str(),
        };
        let row = LOCALIZED.iter().find(|(_, _, names)| names.iter().any(|name| name.to_lowercase() == account))?;
        Sid::new(row.0, row.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_many_languages_lead_to_their_sids() {
        for (text, expected) in [
            ("Administrators", "S-1-5-32-544"),
            ("builtin\\administrators", "S-1-5-32-544"),
            ("Administratoren", "S-1-5-32-544"),
            ("VORDEFINIERT\\Administratoren", "S-1-5-32-544"),
            ("ADMINISTRATEURS", "S-1-5-32-544"),
            ("Opérateurs d\u{2019}impression", "S-1-5-32-550"),
            ("NT-AUTORITÄT\\Netzwerkdienst", "S-1-5-20"),
            ("Пользователи", "S-1-5-32-545"),
            ("Everyone", "S-1-1-0"),
        ] {
            assert_eq!(Sid::of_localized_name(text), Some(expected.parse().unwrap()), "{text}");
        }
        for text in ["CORP\\Administratoren", "Domain Admins", "", "Administratoren@corp.x"] {
            assert_eq!(Sid::of_localized_name(text), None, "{text}");
        }
    }

    #[test]
    fn no_name_has_two_sids() {
        let mut seen = std::collections::HashMap::new();
        for (authority, parts, names) in LOCALIZED {
            for name in *names {
                let before = seen.insert(name.to_lowercase(), (authority, parts));
                assert!(before.is_none_or(|before| before == (authority, parts)), "{name}");
            }
        }
    }
}
