"""Formats of vendors' tokens, each with the page of the vendor that describes it."""

import re
from dataclasses import dataclass

from quarterdeck.evidence.secrets import checks

LEFT = r"(?:(?<![A-Za-z0-9_-])|(?<=:-)|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))"
RIGHT = r"(?![A-Za-z0-9_-])"


@dataclass(frozen=True)
class Rule:
    """One format: the literals that must occur, and the pattern tried at each of them.

    Where the literal does not open the token, `back` and `ahead` say how far around it the pattern may lie.
    """

    id: str
    title: str
    keywords: tuple[str, ...]
    pattern: re.Pattern[str]
    source: str
    check: checks.Check = checks.drawn
    back: int = 0
    ahead: int = 0


def _rule(name: str, title: str, keywords: str, body: str, source: str, check: checks.Check = checks.drawn) -> Rule:
    """Return the rule of a token that opens with its literal."""
    return Rule(f"token.{name}", title, tuple(keywords.split()), re.compile(LEFT + body + RIGHT), source, check)


def _around(
    name: str, title: str, keywords: str, body: str, source: str, *, check: checks.Check = checks.drawn, back: int, ahead: int
) -> Rule:
    """Return the rule of a token whose literal stands inside or beside it."""
    return Rule(f"token.{name}", title, tuple(keywords.split()), re.compile(body), source, check, back, ahead)


_GITHUB = "https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/"
_GITLAB = "https://docs.gitlab.com/security/tokens/"
_SLACK = "https://docs.slack.dev/authentication/tokens/"
_GOOGLE = "https://cloud.google.com/docs/authentication/api-keys"
_AZURE = "https://learn.microsoft.com/azure/storage/common/storage-account-keys-manage"
_STRIPE = "https://docs.stripe.com/keys"
_HEX64 = r"[0-9a-f]{64}"

RULES: tuple[Rule, ...] = (
    _rule("github", "GitHub: access token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh(?:[opsu]_[A-Za-z0-9]{36}|r_(?:[A-Za-z0-9]{76}|[A-Za-z0-9]{36}))", _GITHUB,
          checks.github),
    _rule("github-fine", "GitHub: fine-grained access token", "github_pat_", r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}", _GITHUB),
    _rule("gitlab", "GitLab: access token", "glpat- gloas- gldt- glrt- glrtr- glcbt- glptt- glft- glimt- glagent- glsoat- glffct-",
          r"gl(?:pat|oas|dt|rtr?|cbt|ptt|ft|imt|agent|soat|ffct)-(?:t\d_|[0-9a-f]{1,3}_)?[\w-]{20,300}+(?:\.[0-9a-z]{2})?(?:\.[0-9a-z]{7,9})?", _GITLAB),
    _rule("gitlab-runner", "GitLab: runner registration token", "GR1348941", r"GR1348941[\w-]{20}", _GITLAB),
    _rule("slack", "Slack: token", "xoxb- xoxp- xoxa- xoxr- xoxs- xoxo- xoxc- xoxe- xoxe.",
          r"xox(?:[abceoprs]|e\.xox[bp])-(?:\d{1,14}-){1,4}[A-Za-z0-9]{16,200}+", _SLACK),
    _rule("slack-app", "Slack: app-level token", "xapp-", r"xapp-\d-[A-Z0-9]{8,14}-\d{8,16}-[0-9a-f]{64}", _SLACK),
    _rule("slack-webhook", "Slack: incoming webhook", "hooks.slack.com/",
          r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<value>[A-Z0-9]{8,14}/[A-Z0-9]{8,20}/(?:\d{10,20}/)?[A-Za-z0-9]{20,40})",
          "https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/"),
    _rule("stripe", "Stripe: live secret key", "sk_live_ rk_live_", r"[sr]k_live_[A-Za-z0-9]{16,250}+", _STRIPE),
    _rule("stripe-test", "Stripe: test key", "sk_test_ rk_test_", r"[sr]k_test_[A-Za-z0-9]{16,250}+", _STRIPE, checks.test_mode),
    _rule("stripe-webhook", "Stripe or Svix: webhook signing secret", "whsec_", r"whsec_[A-Za-z0-9+/]{32,64}+={0,2}", "https://docs.stripe.com/webhooks"),
    _rule("google-api", "Google: API key", "AIza", r"AIza[\w-]{35}", _GOOGLE, checks.google),
    _rule("google-oauth", "Google: OAuth client secret", "GOCSPX-", r"GOCSPX-[\w-]{28}",
          "https://developers.google.com/identity/protocols/oauth2/web-server"),
    _rule("npm", "npm: access token", "npm_", r"npm_[A-Za-z0-9]{36}", "https://docs.npmjs.com/about-access-tokens"),
    _rule("pypi", "PyPI: upload token", "pypi-AgE", r"pypi-AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw)[\w-]{50,400}+", "https://pypi.org/help/#apitoken"),
    _rule("rubygems", "RubyGems: API key", "rubygems_", r"rubygems_[0-9a-f]{48}", "https://guides.rubygems.org/api-key-scopes/"),
    _rule("docker-hub", "Docker Hub: access token", "dckr_pat_ dckr_oat_", r"dckr_[po]at_[\w-]{27,34}", "https://docs.docker.com/security/access-tokens/"),
    _rule("sendgrid", "SendGrid: API key", "SG.", r"SG\.[\w-]{22}\.[\w-]{43}", "https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys"),
    _rule("twilio", "Twilio: API key", "SK", r"SK[0-9a-f]{32}", "https://www.twilio.com/docs/iam/api-keys", checks.mentions("twilio")),
    _around("twilio-auth", "Twilio: auth token", "twilio Twilio TWILIO",
            r"(?i:auth_?token)[\"'\]\s:=>,(]{1,8}(?P<value>[0-9a-f]{32})(?![0-9A-Za-z])", "https://www.twilio.com/docs/iam/access-tokens", back=300, ahead=300),
    _rule("azure-storage", "Azure: storage account key", "AccountKey= accountkey=", r"(?i:accountkey)=(?P<value>[A-Za-z0-9+/]{86}==)", _AZURE, checks.azure_key),
    _rule("azure-bus", "Azure: shared access key", "SharedAccessKey=", r"SharedAccessKey=(?P<value>[A-Za-z0-9+/]{43}=)",
          "https://learn.microsoft.com/azure/service-bus-messaging/service-bus-sas", checks.azure_key),
    _around("azure-sas", "Azure: shared access signature", "sig=", r"(?<=[?&;])sig=(?P<value>[A-Za-z0-9%+/]{40,70}(?:%3[dD]|=))",
            "https://learn.microsoft.com/azure/storage/common/storage-sas-overview", check=checks.shared_access, back=1, ahead=120),
    _around("azure-client", "Azure: client secret", "Q~", r"(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}(?![\w~-])",
            "https://learn.microsoft.com/entra/identity-platform/quickstart-register-app", back=8, ahead=60),
    _around("azure-devops", "Azure DevOps: access token", "AZDO", r"(?<![A-Za-z0-9])[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}(?![A-Za-z0-9])",
            "https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate", back=80, ahead=12),
    _rule("digitalocean", "DigitalOcean: access token", "dop_v1_ doo_v1_ dor_v1_", rf"do[opr]_v1_{_HEX64}",
          "https://docs.digitalocean.com/reference/api/create-personal-access-token/"),
    _rule("cloudflare", "Cloudflare: API token", "cfk_ cfut_ cfat_", r"cf(?:k|ut|at)_[A-Za-z0-9_-]{40,56}",
          "https://developers.cloudflare.com/fundamentals/api/get-started/token-formats/"),
    _rule("shopify", "Shopify: access token", "shpat_ shpca_ shppa_ shpss_", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",
          "https://shopify.dev/docs/apps/build/authentication-authorization"),
    _rule("hugging-face", "Hugging Face: access token", "hf_ api_org_", r"(?:hf|api_org)_[A-Za-z0-9]{34,40}", "https://huggingface.co/docs/hub/security-tokens"),
    _rule("vault", "HashiCorp Vault: token", "hvs. hvb. hvr.", r"hv[sbr]\.[\w-]{24,300}+", "https://developer.hashicorp.com/vault/docs/concepts/tokens"),
    _around("terraform", "HCP Terraform: API token", ".atlasv1.", r"(?<![A-Za-z0-9])[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,80}",
            "https://developer.hashicorp.com/terraform/cloud-docs/users-teams-organizations/api-tokens", back=16, ahead=100),
    _rule("databricks", "Databricks: access token", "dapi", r"dapi[0-9a-f]{32}(?:-\d)?", "https://docs.databricks.com/dev-tools/auth/pat.html"),
    _rule("anthropic", "Anthropic: API key", "sk-ant-", r"sk-ant-[a-z]{2,8}\d{2}-[\w-]{80,120}", "https://docs.claude.com/en/api/overview"),
    _rule("openai", "OpenAI: API key", "sk-", r"sk-(?:(?:proj|svcacct|admin|None)-)?[\w-]{20,90}T3BlbkFJ[\w-]{20,90}",
          "https://platform.openai.com/docs/api-reference/authentication"),
    _rule("openrouter", "OpenRouter: API key", "sk-or-", rf"sk-or-v1-{_HEX64}", "https://openrouter.ai/docs/guides/features/guardrails/secret-formats"),
    _around("telegram", "Telegram: bot token", ":AA", r"(?<![0-9A-Za-z])\d{8,10}:AA[\w-]{33}(?![\w-])", "https://core.telegram.org/bots/api", back=11, ahead=40),
    _rule("discord-webhook", "Discord: webhook", "discord.com/api/webhooks/ discordapp.com/api/webhooks/",
          r"discord(?:app)?\.com/api/webhooks/(?P<value>\d{17,20}/[\w-]{60,72})", "https://docs.discord.com/developers/resources/webhook"),
    _around("discord", "Discord: bot token", "discord Discord DISCORD", r"(?<![\w.-])[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,40}(?![\w-])",
            "https://docs.discord.com/developers/reference", check=checks.snowflake, back=300, ahead=300),
    _rule("mailgun", "Mailgun: API key", "key-", r"(?<!-)key-[0-9a-f]{32}", "https://documentation.mailgun.com/docs/mailgun/api-reference/mg-auth",
          checks.mentions("mailgun")),
    _around("mailchimp", "Mailchimp: API key", "-us", r"(?<![0-9A-Za-z-])[0-9a-f]{32}-us\d{1,2}(?![\w-])", "https://mailchimp.com/developer/marketing/guides/quick-start/",
            back=32, ahead=8),
    _rule("square", "Square: access token", "EAAA", r"EAAA[\w-]{60}", "https://developer.squareup.com/docs/build-basics/access-tokens", checks.mentions("square")),
    _rule("square-oauth", "Square: OAuth secret", "sq0csp- sq0atp-", r"sq0(?:csp-[\w-]{43}|atp-[\w-]{22})", "https://developer.squareup.com/docs/oauth-api/overview"),
    _rule("postman", "Postman: API key", "PMAK-", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}", "https://learning.postman.com/docs/developer/postman-api/authentication/"),
    _rule("linear", "Linear: API key", "lin_api_ lin_oauth_", rf"lin_(?:api_[A-Za-z0-9]{{40}}|oauth_{_HEX64})", "https://linear.app/developers/graphql"),
    _rule("doppler", "Doppler: token", "dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.",
          r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[\w-]{2,35}\.)?[A-Za-z0-9]{40,44}", "https://docs.doppler.com/reference/auth-token-formats"),
    _rule("grafana", "Grafana: service account token", "glsa_", r"glsa_[A-Za-z0-9]{32}_[0-9A-Fa-f]{8}",
          "https://grafana.com/docs/grafana/latest/administration/service-accounts/"),
    _rule("grafana-cloud", "Grafana: API key", "glc_ eyJrIjoi", r"(?:glc_)?(?P<value>eyJ[A-Za-z0-9+/]{40,400}+={0,2})",
          "https://grafana.com/docs/grafana-cloud/security-and-account-management/authentication-and-permissions/access-policies/", checks.legacy_grafana),
    _rule("new-relic", "New Relic: API key", "NRAK- NRAA- NRII- NRRA-", r"(?:NRAK-[A-Z0-9]{27}|NRAA-[0-9a-f]{27}|NRII-[\w-]{32}|NRRA-[0-9a-f]{42})",
          "https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/"),
    _rule("heroku", "Heroku: API token", "HRKU-", r"HRKU-(?:AA[\w-]{58}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})",
          "https://devcenter.heroku.com/articles/authentication"),
    _rule("sentry", "Sentry: auth token", "sntrys_ sntryu_", rf"sntry(?:u_{_HEX64}|s_[A-Za-z0-9+/=]{{60,300}}_[A-Za-z0-9+/]{{43}})",
          "https://docs.sentry.io/account/auth-tokens/"),
    _rule("atlassian", "Atlassian: API token", "ATATT3xFfG ATCTT3xFfG", r"AT[AC]TT3xFfG[\w-]{60,250}=[0-9A-F]{8}",
          "https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/"),
    _rule("airtable", "Airtable: access token", "pat", rf"pat[A-Za-z0-9]{{14}}\.{_HEX64}", "https://airtable.com/developers/web/guides/personal-access-tokens"),
    _rule("notion", "Notion: integration token", "ntn_", r"ntn_[A-Za-z0-9]{43,50}", "https://developers.notion.com/docs/authorization"),
    _rule("figma", "Figma: access token", "figd_", r"figd_[\w-]{38,46}", "https://developers.figma.com/docs/rest-api/authentication/"),
    _rule("netlify", "Netlify: access token", "nfp_", r"nfp_[A-Za-z0-9]{36}", "https://docs.netlify.com/api/get-started/"),
    _rule("planetscale", "PlanetScale: password or token", "pscale_", r"pscale_(?:tkn|pw|oauth)_[\w-]{32,64}", "https://planetscale.com/docs/concepts/service-tokens"),
    _rule("supabase", "Supabase: access token", "sbp_ sb_secret_", r"(?:sbp_[0-9a-f]{40}|sb_secret_[\w-]{31,40})", "https://supabase.com/docs/guides/api/api-keys"),
    _rule("pulumi", "Pulumi: access token", "pul-", r"pul-[0-9a-f]{40}", "https://www.pulumi.com/docs/pulumi-cloud/access-management/access-tokens/"),
    _rule("brevo", "Brevo: API key", "xkeysib-", rf"xkeysib-{_HEX64}-[A-Za-z0-9]{{16}}", "https://developers.brevo.com/docs/getting-started"),
    _rule("hubspot", "HubSpot: private app token", "pat-na pat-eu", r"pat-(?:na|eu)\d-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
          "https://developers.hubspot.com/docs/guides/apps/private-apps/overview"),
    _rule("dynatrace", "Dynatrace: access token", "dt0c01. dt0s01. dt0s16.", r"dt0[cs]\d\d\.[A-Z0-9]{8,24}\.[A-Z0-9]{64}",
          "https://docs.dynatrace.com/docs/discover-dynatrace/references/dynatrace-api/basics/dynatrace-api-authentication"),
    _rule("artifactory", "JFrog Artifactory: API key", "AKCp", r"AKCp[A-Za-z0-9]{69}", "https://jfrog.com/help/r/jfrog-platform-administration-documentation/access-tokens"),
    _rule("buildkite", "Buildkite: access token", "bkua_", r"bkua_[0-9a-f]{40}", "https://buildkite.com/docs/apis/managing-api-tokens"),
    _rule("replicate", "Replicate: API token", "r8_", r"r8_[A-Za-z0-9]{37}", "https://replicate.com/docs/topics/security/api-tokens"),
    _rule("groq", "Groq: API key", "gsk_", r"gsk_[A-Za-z0-9]{52}", "https://console.groq.com/docs/quickstart"),
    _rule("xai", "xAI: API key", "xai-", r"xai-[A-Za-z0-9]{70,90}", "https://docs.x.ai/docs/overview"),
    _rule("perplexity", "Perplexity: API key", "pplx-", r"pplx-[A-Za-z0-9]{48,56}", "https://docs.perplexity.ai/getting-started/quickstart"),
    _rule("jwt", "Signed token (JWT)", "eyJ", r"eyJ[\w-]{10,600}+\.eyJ[\w-]{2,3000}+\.[\w-]{20,1500}+", "https://www.rfc-editor.org/rfc/rfc7519", checks.jwt),
    _rule("age", "age private key", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}", "https://github.com/C2SP/C2SP/blob/main/age.md",
          checks.bech32),
)  # fmt: skip
