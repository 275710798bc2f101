/**
 * Slugs that no organization gets when it signs up or changes its own. A slug ends up in addresses
 * (`acme.example.com`, `example.com/acme`) and in front of people. So kept back is what a host or a path of
 * the product may need, what mail and certificates are trusted by (RFC 2142; the mailboxes and host names
 * by which certificates and proxies are asked for), and what reads as if the operator were speaking.
 */
export const RESERVED_SLUGS: ReadonlySet<string> = new Set(
  [
    // Hosts.
    `
    www www1 www2 web app apps api apis cdn static assets media images img files uploads
    download downloads ftp sftp ssh vpn proxy gateway host hosting dns ns1 ns2 ns3 ns4 localhost
    local internal intranet server git svn ntp database postgres redis cache queue metrics
    monitor monitoring grafana dev development staging stage production prod sandbox preview
    beta alpha canary
    `,
    // Mail, and what certificates are issued by.
    `
    mail email mailer smtp imap pop pop3 webmail mx1 mx2 autoconfig autodiscover wpad isatap
    postmaster hostmaster webmaster mailer-daemon noreply no-reply abuse noc security usenet
    news uucp newsletter notifications ssladmin sysadmin ssladministrator sslwebmaster ssl tls
    cert certs
    `,
    // Paths of the product and of what is around it.
    `
    graphql graphiql rest rpc webhook webhooks callback health healthz live ready status ping
    well-known robots favicon sitemap rss feed search new edit delete create update index home
    public private shared share invite invites invitation invitations join welcome start
    onboarding dashboard console portal settings setup login logout signin sign-in signup
    sign-up signout sign-out register registration auth oauth oauth2 oidc openid saml sso mfa
    otp jwks token tokens session sessions password passwords reset verify verification confirm
    account accounts profile user users member members team teams org orgs organization
    organizations tenant tenants workspace workspaces company project projects task tasks role
    roles audit report reports analytics shop store cart checkout order orders payment payments
    billing invoice invoices pricing plans upgrade subscribe subscription
    `,
    // What the operator says.
    `
    admin admins administrator administration root superuser sudo system operator owner
    moderator staff official rowhouse support help helpdesk contact feedback info sales
    marketing press jobs careers legal terms tos privacy policy imprint cookies gdpr about blog
    docs documentation developer developers community forum partner partners trust compliance
    example null undefined none nil true false anonymous guest everyone nobody unknown default
    self test
    `,
  ].flatMap((words) => words.trim().split(/\s+/)),
);
