#include "host/cgroup_name.h"

#include <gtest/gtest.h>

namespace ringfence::host {
namespace {

using Kind = CgroupName::Kind;

const std::string kId(64, 'a');

TEST(NameCgroup, KnowsContainersByTheirRuntimesPaths) {
  const struct {
    std::string path;
    std::string runtime;
    std::string name;
  } kCases[] = {
      {"/docker/" + kId, "docker", "aaaaaaaaaaaa"},
      {"/system.slice/docker-" + kId + ".scope", "docker", "aaaaaaaaaaaa"},
      {"/system.slice/docker-" + kId + ".scope/init", "docker", "aaaaaaaaaaaa"},
      {"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" +
           kId + ".scope/container",
       "podman", "aaaaaaaaaaaa"},
      {"/libpod_parent/libpod-" + kId, "podman", "aaaaaaaaaaaa"},
      {"/kubepods.slice/kubepods-besteffort.slice/cri-containerd-" + kId +
           ".scope",
       "containerd", "aaaaaaaaaaaa"},
      {"/kubepods/burstable/pod1/" + kId, "kubernetes", "aaaaaaaaaaaa"},
      {"/kubepods.slice/crio-" + kId + ".scope", "cri-o", "aaaaaaaaaaaa"},
      {"/user.slice/crun-web.scope", "crun", "web"},
      {"/lxc/guest", "lxc", "guest"},
      {"/lxc.payload.guest/init.scope", "lxc", "guest"},
      {"/machine.slice/machine-guest.scope", "systemd-nspawn", "guest"},
      {"/machine.slice/systemd-nspawn@guest.service/payload", "systemd-nspawn",
       "guest"},
  };
  for (const auto& [path, runtime, name] : kCases) {
    EXPECT_EQ(NameCgroup(path), (CgroupName{Kind::kContainer, runtime, name}))
        << path;
  }
}

TEST(NameCgroup, KnowsServicesByTheirUnit) {
  const struct {
    const char* path;
    const char* unit;
  } kCases[] = {
      {"/system.slice/ssh.service", "ssh.service"},
      {"/system.slice/containerd.service/inner", "containerd.service"},
      {"/user.slice/user-1000.slice/user@1000.service/app.slice/x.service",
       "x.service"},
  };
  for (const auto& [path, unit] : kCases) {
    EXPECT_EQ(NameCgroup(path), (CgroupName{Kind::kService, "systemd", unit}))
        << path;
  }
}

TEST(NameCgroup, WhatNobodyStartedAsAWholeHasNoName) {
  for (const char* path :
       {"", "/", "/init.scope", "/user.slice/user-0.slice/session-1.scope",
        "/user.slice/user-1000.slice/user@1000.service/init.scope",
        "/user.slice/user-1000.slice/user@1000.service", "/docker",
        "/docker/short", "/my-docker-thing",
        "/machine.slice/libpod-conmon-0123.scope"}) {
    EXPECT_EQ(NameCgroup(path), std::nullopt) << path;
  }
}

}  // namespace
}  // namespace ringfence::host
