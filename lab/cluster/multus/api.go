package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

const statusAnnotation = "k8s.v1.cni.cncf.io/network-status"

// apiConfig says where the API server is, and with which files to speak to it.
type apiConfig struct {
	URL  string `json:"url"`
	CA   string `json:"ca"`
	Cert string `json:"cert"`
	Key  string `json:"key"`
}

type api struct {
	url    string
	client *http.Client
}

// podIdentity is what the container runtime tells of the pod.
type podIdentity struct{ namespace, name, uid string }

func (pod podIdentity) path() string {
	return "/api/v1/namespaces/" + pod.namespace + "/pods/" + pod.name
}

// podOf reads CNI_ARGS: `KEY=value;KEY=value`.
func podOf(cniArgs string) (pod podIdentity, err error) {
	for _, pair := range strings.Split(cniArgs, ";") {
		switch key, value, _ := strings.Cut(pair, "="); key {
		case "K8S_POD_NAMESPACE":
			pod.namespace = value
		case "K8S_POD_NAME":
			pod.name = value
		case "K8S_POD_UID":
			pod.uid = value
		}
	}
	if pod.namespace == "" || pod.name == "" {
		return pod, fmt.Errorf("CNI_ARGS name no pod: %q", cniArgs)
	}
	return pod, nil
}

func newAPI(conf apiConfig) (*api, error) {
	authority, err := os.ReadFile(conf.CA)
	if err != nil {
		return nil, err
	}
	own, err := tls.LoadX509KeyPair(conf.Cert, conf.Key)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{own}}}
	return &api{conf.URL, &http.Client{Timeout: 15 * time.Second, Transport: transport}}, nil
}

// networksOf returns the pod's annotation. A pod of the same name but another UID has been replaced meanwhile: that is an error.
func (a *api) networksOf(pod podIdentity) (string, error) {
	var found struct {
		Metadata struct {
			UID         string
			Annotations map[string]string
		}
	}
	if err := a.call(http.MethodGet, pod.path(), "", nil, &found); err != nil {
		return "", err
	}
	if pod.uid != "" && pod.uid != found.Metadata.UID {
		return "", fmt.Errorf("pod %s/%s is another one by now: UID %s, not %s", pod.namespace, pod.name, found.Metadata.UID, pod.uid)
	}
	return found.Metadata.Annotations[networksAnnotation], nil
}

func (a *api) attachmentConfig(namespace, name string) (json.RawMessage, error) {
	var found struct{ Spec struct{ Config string } }
	path := "/apis/k8s.cni.cncf.io/v1/namespaces/" + namespace + "/network-attachment-definitions/" + name
	err := a.call(http.MethodGet, path, "", nil, &found)
	return json.RawMessage(found.Spec.Config), err
}

func (a *api) setNetworkStatus(pod podIdentity, statuses []networkStatus) error {
	text, err := json.MarshalIndent(statuses, "", "    ")
	if err != nil {
		return err
	}
	annotations := map[string]string{statusAnnotation: string(text)}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": annotations}})
	if err != nil {
		return err
	}
	return a.call(http.MethodPatch, pod.path()+"/status", "application/merge-patch+json", patch, nil)
}

func (a *api) call(method, path, contentType string, body []byte, into any) error {
	request, err := http.NewRequest(method, a.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := a.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %.300s", method, path, response.Status, answer)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}
