package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/containernetworking/cni/libcni"
	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"
	current "github.com/containernetworking/cni/pkg/types/100"
)

// What is attached must be known when the pod goes, whatever the API says then; it outlives a reboot.
const memory = "/var/lib/cni/multus-stand-in"

// attachment is one interface of a pod. Network is `namespace/name`, empty for the cluster's own network.
type attachment struct {
	Network   string          `json:"network"`
	Interface string          `json:"interface"`
	Config    json.RawMessage `json:"config"`
	MAC       string          `json:"mac"`
	IPs       []string        `json:"ips"`
}

// networkStatus is one entry of the annotation network-status.
type networkStatus struct {
	Name      string   `json:"name"`
	Interface string   `json:"interface"`
	IPs       []string `json:"ips,omitempty"`
	MAC       string   `json:"mac,omitempty"`
	Default   bool     `json:"default,omitempty"`
	DNS       struct{} `json:"dns"`
}

func (a attachment) title() string {
	if a.Network == "" {
		return "the cluster's network"
	}
	return a.Network
}

func wantedAttachments(client *api, pod podIdentity) ([]attachment, error) {
	text, err := client.networksOf(pod)
	if err != nil {
		return nil, err
	}
	selections, err := parseNetworks(text, pod.namespace)
	if err != nil {
		return nil, err
	}
	var wanted []attachment
	for _, chosen := range selections {
		conf, err := client.attachmentConfig(chosen.Namespace, chosen.Name)
		if err != nil {
			return nil, err
		}
		network := chosen.Namespace + "/" + chosen.Name
		wanted = append(wanted, attachment{network, chosen.Interface, conf, chosen.MAC, chosen.IPs})
	}
	return wanted, nil
}

func attach(args *skel.CmdArgs, wanted attachment) (types.Result, error) {
	list, err := wanted.networkList()
	if err != nil {
		return nil, err
	}
	return plugins().AddNetworkList(context.Background(), list, wanted.runtime(args))
}

func detach(args *skel.CmdArgs, attachments []attachment) (failure error) {
	for place := len(attachments) - 1; place >= 0; place-- {
		list, err := attachments[place].networkList()
		if err == nil {
			err = plugins().DelNetworkList(context.Background(), list, attachments[place].runtime(args))
		}
		failure = errors.Join(failure, err)
	}
	return failure
}

// networkList makes a list of a definition that is a single plug-in's configuration, and gives it a name when it has none.
func (a attachment) networkList() (*libcni.NetworkConfigList, error) {
	var fields map[string]any
	if err := json.Unmarshal(a.Config, &fields); err != nil {
		return nil, err
	}
	if _, found := fields["name"]; !found {
		fields["name"] = strings.ReplaceAll(a.Network, "/", "-")
	}
	if _, found := fields["cniVersion"]; !found {
		fields["cniVersion"] = "1.0.0"
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	if _, found := fields["plugins"]; found {
		return libcni.ConfListFromBytes(text)
	}
	single, err := libcni.ConfFromBytes(text)
	if err != nil {
		return nil, err
	}
	return libcni.ConfListFromConf(single)
}

func (a attachment) runtime(args *skel.CmdArgs) *libcni.RuntimeConf {
	runtime := &libcni.RuntimeConf{ContainerID: args.ContainerID, NetNS: args.Netns, IfName: a.Interface, CapabilityArgs: map[string]any{}}
	for _, pair := range strings.Split(args.Args, ";") {
		if key, value, found := strings.Cut(pair, "="); found {
			runtime.Args = append(runtime.Args, [2]string{key, value})
		}
	}
	if a.MAC != "" {
		runtime.CapabilityArgs["mac"] = a.MAC
		runtime.Args = append(runtime.Args, [2]string{"MAC", a.MAC})
	}
	if len(a.IPs) > 0 {
		runtime.CapabilityArgs["ips"] = a.IPs
	}
	return runtime
}

func plugins() *libcni.CNIConfig {
	return libcni.NewCNIConfig(filepath.SplitList(os.Getenv("CNI_PATH")), nil)
}

func statusOf(wanted attachment, result types.Result) networkStatus {
	status := networkStatus{Name: wanted.Network, Interface: wanted.Interface, Default: wanted.Network == ""}
	if status.Default {
		status.Name = "cluster"
	}
	known, err := current.NewResultFromResult(result)
	if err != nil {
		return status
	}
	for _, address := range known.IPs {
		status.IPs = append(status.IPs, address.Address.IP.String())
	}
	for _, link := range known.Interfaces {
		if link.Name == wanted.Interface && link.Sandbox != "" {
			status.MAC = link.Mac
		}
	}
	return status
}

func remember(containerID string, attachments []attachment) error {
	text, err := json.Marshal(attachments)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(memory, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(memory, containerID), text, 0o600)
}

// recall returns nil for a container that was never remembered.
func recall(containerID string) (attachments []attachment, err error) {
	text, err := os.ReadFile(filepath.Join(memory, containerID))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return attachments, json.Unmarshal(text, &attachments)
}

func forget(containerID string) error {
	err := os.Remove(filepath.Join(memory, containerID))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
