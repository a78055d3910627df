#pragma once

#include <filesystem>

namespace mediafs::sandbox {

// A certificate and its key as PEM files.
struct CertificateFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
};

// The PEM files that write_certificates() made in one directory.
struct TestCertificates {
  std::filesystem::path ca;     // ca.pem: what a client is told to trust
  CertificateFiles server;      // server.pem, server.key: for 127.0.0.1 and localhost
  CertificateFiles expired;     // the same names, but it ended yesterday
  CertificateFiles other_host;  // valid, but for other.example only
  CertificateFiles untrusted;   // for 127.0.0.1, signed by itself
};

// Makes new keys and certificates in `directory`, which has to exist; throws std::runtime_error.
TestCertificates write_certificates(const std::filesystem::path& directory);

// The same in a new temporary directory, which goes with the object.
class TemporaryCertificates {
 public:
  TemporaryCertificates();
  ~TemporaryCertificates();
  TemporaryCertificates(const TemporaryCertificates&) = delete;
  TemporaryCertificates& operator=(const TemporaryCertificates&) = delete;

  const TestCertificates& files() const { return files_; }

 private:
  const std::filesystem::path directory_;
  TestCertificates files_;
};

}  // namespace mediafs::sandbox
