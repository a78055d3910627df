#include "certificates.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace mediafs::sandbox {
namespace {

constexpr long kDay = 24L * 60 * 60;

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;

// A certificate with the key that belongs to it.
struct Identity {
  Key key;
  Certificate certificate;
};

struct Description {
  const char* name;
  const char* alternative_names = nullptr;  // null: it is an authority
  long first_day = -2;                      // from today
  long last_day = 3650;
};

void require(bool ok, const std::string& what) {
  if (!ok) throw std::runtime_error("test certificates: " + what);
}

void add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Free> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "cannot add an extension");
}

void set_name(X509* certificate, const char* name) {
  X509_NAME* const subject = X509_get_subject_name(certificate);
  const std::string text(name);
  const void* const bytes = text.data();
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, static_cast<const unsigned char*>(bytes),
                             static_cast<int>(text.size()), -1, 0);
}

// Makes a certificate that `issuer` signs, or that signs itself when there is none.
Identity make_identity(const Description& what, const Identity* issuer, long serial) {
  Identity made{Key(EVP_EC_gen("P-256")), Certificate(X509_new())};
  require(made.key && made.certificate, "cannot make a key");
  X509* const certificate = made.certificate.get();
  X509* const issuing = issuer != nullptr ? issuer->certificate.get() : certificate;
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), what.first_day * kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate), what.last_day * kDay);
  X509_set_pubkey(certificate, made.key.get());
  set_name(certificate, what.name);
  X509_set_issuer_name(certificate, X509_get_subject_name(issuing));
  if (what.alternative_names == nullptr) {
    add_extension(certificate, issuing, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate, issuing, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    add_extension(certificate, issuing, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(certificate, issuing, NID_subject_alt_name, what.alternative_names);
  }
  add_extension(certificate, issuing, NID_subject_key_identifier, "hash");
  EVP_PKEY* const signing = issuer != nullptr ? issuer->key.get() : made.key.get();
  require(X509_sign(certificate, signing, EVP_sha256()) != 0, "cannot sign");
  return made;
}

std::unique_ptr<std::FILE, Free> open_for_writing(const std::filesystem::path& path) {
  std::unique_ptr<std::FILE, Free> file(std::fopen(path.c_str(), "w"));
  require(file != nullptr, "cannot write " + path.string());
  return file;
}

void write_certificate(const Identity& identity, const std::filesystem::path& path) {
  const auto file = open_for_writing(path);
  require(PEM_write_X509(file.get(), identity.certificate.get()) == 1, "cannot write " + path.string());
}

CertificateFiles write_identity(const Identity& identity, const std::filesystem::path& directory,
                                const std::string& name) {
  const CertificateFiles files{directory / (name + ".pem"), directory / (name + ".key")};
  write_certificate(identity, files.certificate);
  const auto file = open_for_writing(files.key);
  require(PEM_write_PrivateKey(file.get(), identity.key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
          "cannot write " + files.key.string());
  return files;
}

std::filesystem::path make_temporary_directory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "mediafs-certificates-XXXXXX").string();
  require(::mkdtemp(pattern.data()) != nullptr, std::generic_category().message(errno));
  return pattern;
}

}  // namespace

TestCertificates write_certificates(const std::filesystem::path& directory) {
  constexpr const char* kLoopback = "IP:127.0.0.1,DNS:localhost";
  const Identity authority = make_identity({.name = "mediafs sandbox authority"}, nullptr, 1);
  const auto leaf = [&](const Description& what, long serial, const char* name) {
    return write_identity(make_identity(what, &authority, serial), directory, name);
  };
  TestCertificates files;
  files.ca = directory / "ca.pem";
  write_certificate(authority, files.ca);
  files.server = leaf({.name = "localhost", .alternative_names = kLoopback}, 2, "server");
  files.expired = leaf({.name = "localhost", .alternative_names = kLoopback, .last_day = -1}, 3, "expired");
  files.other_host =
      leaf({.name = "other.example", .alternative_names = "DNS:other.example"}, 4, "other-host");
  files.untrusted =
      write_identity(make_identity({.name = "localhost", .alternative_names = kLoopback}, nullptr, 5),
                     directory, "untrusted");
  return files;
}

TemporaryCertificates::TemporaryCertificates()
    : directory_(make_temporary_directory()), files_(write_certificates(directory_)) {}

TemporaryCertificates::~TemporaryCertificates() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

}  // namespace mediafs::sandbox
